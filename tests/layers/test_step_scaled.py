"""`StepScaled`: wraps any layer, nests, distributes, and leaves memory alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.test_base import Fixed, Sequence
from tests.strategies import counts, operators, repeats
from wanmeter import Child, InvalidValueError, OperatorKind, StepScaled, walk

leaves = st.builds(Fixed, operators)
layers = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(StepScaled, inner, repeats),
        st.builds(
            Sequence,
            st.lists(
                st.builds(
                    Child,
                    name=st.text("abc", min_size=1),
                    layer=inner,
                    copies=repeats,
                    held_bytes=counts,
                ),
                max_size=3,
            ),
        ),
    ),
    max_leaves=5,
)


@given(layers, repeats)
def test_the_cost_is_the_rerun(layer, n):
    assert StepScaled(layer, n).cost == layer.cost.rerun(n)


@given(layers, repeats, repeats)
def test_it_nests(layer, m, n):
    nested = StepScaled(StepScaled(layer, m), n)
    assert nested.cost == StepScaled(layer, m * n).cost
    assert nested.calls == StepScaled(layer, m * n).calls


@given(layers, layers, repeats, repeats, counts)
def test_it_distributes_over_composites(a, b, n, copies, held):
    def composite(wrap):
        return Sequence(
            [
                Child(name="a", layer=wrap(a), copies=copies, held_bytes=held),
                Child(name="b", layer=wrap(b)),
            ]
        )

    whole = StepScaled(composite(lambda layer: layer), n)
    parts = composite(lambda layer: StepScaled(layer, n))
    assert whole.cost == parts.cost
    assert whole.children == parts.children


@given(operators, repeats)
def test_every_invocation_is_made_more_often(operator, n):
    assert StepScaled(Fixed(operator), n).invocations == ((operator, n),)
    assert StepScaled(StepScaled(Fixed(operator), n), 3).invocations == ((operator, 3 * n),)


@given(layers, repeats)
def test_it_changes_no_memory(layer, n):
    before, after = layer.cost, StepScaled(layer, n).cost
    for field in ("params", "weight_bytes", "activation_bytes", "kv_cache_bytes"):
        assert getattr(after, field) == getattr(before, field)


@given(layers, repeats)
def test_the_walk_finds_the_same_rows_with_more_calls(layer, n):
    before, after = list(walk(layer)), list(walk(StepScaled(layer, n)))
    assert [v.path for v in before] == [v.path for v in after]
    assert [v.copies for v in before] == [v.copies for v in after]
    assert [v.calls * n for v in before] == [v.calls for v in after]
    assert [v.cost.rerun(n) for v in before] == [v.cost for v in after]


def test_it_forwards_what_it_does_not_change():
    assert StepScaled(Fixed(), 3).kind is OperatorKind.GEMM


@pytest.mark.parametrize("steps", [0, -1, True, 1.5, "2"])
def test_steps_are_positive_ints(steps):
    with pytest.raises(InvalidValueError, match=r"StepScaled\.steps: got "):
        StepScaled(Fixed(), steps)
