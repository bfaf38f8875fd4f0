"""Refreshing goldens goes through `nox -s snapshots` alone; live tests run only when asked for."""

import pytest


def pytest_configure(config):
    if config.option.update_snapshots and not config.option.no_cleanup:
        # A plain update deletes the golden of every test that fails before it reads it.
        raise pytest.UsageError("goldens are refreshed by `nox -s snapshots` alone")


def pytest_collection_modifyitems(config, items):
    if config.option.markexpr:
        return
    live = pytest.mark.skip(reason="needs torch and diffusers: nox -s verify")
    for item in items:
        if "live" in item.keywords:
            item.add_marker(live)
