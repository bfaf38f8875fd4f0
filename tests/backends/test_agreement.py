"""Both backends give the same rows, exactly, for every layer that they supply."""

from hypothesis import given

from tests.strategies import cross_attention_specs, mlp_specs, repeats, self_attention_specs
from wanmeter import get_backend, walk

SHARED, WAN2_1 = get_backend("shared"), get_backend("wan2_1")


def rows(layer):
    """All that a report shows of a layer and its parts."""
    return [(layer.cost, layer.calls)] + [
        (v.path, v.copies, v.calls, v.kind, v.held_bytes, v.cost) for v in walk(layer)
    ]


@given(self_attention_specs(), repeats)
def test_self_attention(spec, steps):
    assert rows(SHARED.supply_self_attention(spec, steps)) == rows(
        WAN2_1.supply_self_attention(spec, steps)
    )


@given(cross_attention_specs(), repeats)
def test_cross_attention(spec, steps):
    assert rows(SHARED.supply_cross_attention(spec, steps)) == rows(
        WAN2_1.supply_cross_attention(spec, steps)
    )


@given(mlp_specs, repeats)
def test_mlp(spec, steps):
    assert rows(SHARED.supply_mlp(spec, steps)) == rows(WAN2_1.supply_mlp(spec, steps))
