"""Refreshing goldens goes through `nox -s snapshots` alone; some tests run only when asked for."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("wanmeter", deadline=None)
settings.load_profile("wanmeter")

# Set for workers of pytest-xdist; tables would fit to it.
os.environ.pop("COLUMNS", None)

ASKED_FOR = {
    "live": "needs the extra `verify`: nox -s verify",
    "planted": "runs the tests on copies with faults, for minutes: nox -s planted",
}


def pytest_configure(config):
    if config.option.update_snapshots and os.environ.get("WANMETER_REFRESH") != "goldens":
        # It checks first that the backends agree. And a plain update deletes the golden of every
        # test that fails before it reads it.
        raise pytest.UsageError("goldens are refreshed by `nox -s snapshots` alone")


def pytest_collection_modifyitems(config, items):
    if config.option.markexpr:
        return
    for name, reason in ASKED_FOR.items():
        for item in items:
            if name in item.keywords:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def open_path():
    """A folder that any user can reach; pytest's own may be inside one that only its owner can enter."""
    for base in map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp")):
        if all(folder.is_dir() and _anyone_can_pass(folder) for folder in (base, *base.parents)):
            with tempfile.TemporaryDirectory(dir=base) as made:
                os.chmod(made, 0o755)
                yield Path(made)
            return
    pytest.skip("no folder here that anyone can reach")


def _anyone_can_pass(folder):
    return folder.stat().st_mode & 0o011 == 0o011
