"""Both backends give the same rows, exactly, for every layer that they supply."""

from hypothesis import given

from tests.strategies import cross_attention_specs, mlp_specs, repeats, self_attention_specs
from wanmeter import StepScaled, get_backend, walk
from wanmeter.layers import AttentionShape, MatmulShape

SHARED, WAN2_1 = get_backend("shared"), get_backend("wan2_1")


def rows(layer):
    """All that a report shows of a layer and its parts, and the operators themselves."""
    return [(layer.cost, layer.calls)] + [
        (v.path, v.copies, v.calls, v.kind, v.held_bytes, v.cost, v.invocations)
        for v in walk(layer)
    ]


def agreed(spec, steps):
    shared, wan2_1 = (backend.supply(spec) for backend in (SHARED, WAN2_1))
    assert rows(shared) == rows(wan2_1)
    assert rows(StepScaled(shared, steps)) == rows(StepScaled(wan2_1, steps))
    for visit in walk(wan2_1):
        for operator, _ in visit.invocations:
            assert operator.flops == flops_of(operator.shape)


def flops_of(shape):
    """What a dense kernel of a shape computes: one multiply-accumulate is two FLOPs."""
    match shape:
        case MatmulShape():
            return 2 * shape.m * shape.n * shape.k
        case AttentionShape():
            pairs = shape.batch_size * shape.num_heads * shape.queries * shape.keys
            return 2 * pairs * shape.head_dim + 2 * pairs * shape.head_dim
    return 0


@given(self_attention_specs(), repeats)
def test_self_attention(spec, steps):
    agreed(spec, steps)


@given(cross_attention_specs(), repeats)
def test_cross_attention(spec, steps):
    agreed(spec, steps)


@given(mlp_specs, repeats)
def test_mlp(spec, steps):
    agreed(spec, steps)
