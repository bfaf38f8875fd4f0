"""A third party's backend, as its package would register it."""

from importlib.metadata import EntryPoint

import pytest
from attrs import evolve

from tests.fused import fused
from wanmeter.backends import ENTRY_POINT_GROUP, registry
from wanmeter.backends.shared import SHARED

THEIRS = evolve(SHARED, name="theirs", mlp=lambda spec: fused(SHARED.mlp(spec), flops=0))


@pytest.fixture
def theirs(monkeypatch):
    """Register a third party's backend."""
    entry = EntryPoint(name="theirs", value=f"{__name__}:THEIRS", group=ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "_entries", lambda: (entry,))
    return "transformer.layer_impl=theirs"
