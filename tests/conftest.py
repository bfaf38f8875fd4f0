"""Refreshing goldens goes through `nox -s snapshots` alone; live tests run only when asked for."""

import os
import stat

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("wanmeter", deadline=None)
settings.load_profile("wanmeter")


def pytest_configure(config):
    if config.option.update_snapshots and os.environ.get("WANMETER_REFRESH") != "goldens":
        # It checks first that the backends agree. And a plain update deletes the golden of every
        # test that fails before it reads it.
        raise pytest.UsageError("goldens are refreshed by `nox -s snapshots` alone")


def pytest_collection_modifyitems(config, items):
    if config.option.markexpr:
        return
    live = pytest.mark.skip(reason="needs the extra `verify`: nox -s verify")
    for item in items:
        if "live" in item.keywords:
            item.add_marker(live)


@pytest.fixture
def open_path(tmp_path):
    """A folder that anyone can reach, of whatever group."""
    for folder in (tmp_path, *tmp_path.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o011 != 0o011:
            folder.chmod(mode | 0o011)
        if folder.name.startswith("pytest-of-"):
            break
    return tmp_path
