"""`Passes`: the same weights at several shapes; and `Idle`: weights that nothing runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.test_base import Fixed, Sequence
from tests.strategies import costs, counts, repeats
from wanmeter import Child, InvalidValueError, OperatorKind, StageCost, StepScaled, walk
from wanmeter.layers import Idle, LayerNorm, Linear, Passes, in_turn, passes


def linear(tokens):
    return Linear(batch_size=1, tokens=tokens, in_features=3, out_features=5)


@given(costs, costs)
def test_sharing_weights_adds_work_and_keeps_the_larger_memory(a, b):
    both = a.sharing_weights(b)
    for field in ("flops", "vector_flops", "bytes_read", "bytes_written"):
        assert getattr(both, field) == getattr(a, field) + getattr(b, field)
    for field in ("params", "weight_bytes", "activation_bytes", "kv_cache_bytes"):
        assert getattr(both, field) == max(getattr(a, field), getattr(b, field))


@given(costs, repeats)
def test_passes_at_one_shape_are_a_rerun(a, n):
    assert passes((Fixed(a), n)).cost == a.rerun(n)
    assert Passes([Fixed(a), Fixed(a)]).cost == a.rerun(2)


def test_weights_are_there_once_and_work_is_that_of_every_shape():
    cost = passes((linear(2), 1), (linear(7), 10)).cost
    assert cost.flops == linear(2 + 10 * 7).cost.flops
    assert cost.params == linear(1).cost.params
    assert cost.activation_bytes == linear(7).cost.activation_bytes


def test_a_count_of_zero_leaves_a_shape_out():
    assert passes((linear(2), 1), (linear(7), 0)).cost == linear(2).cost


@given(costs, costs, costs, counts, counts, repeats)
def test_it_distributes_over_composites_and_a_part_may_be_skipped(a, b, c, held, more, copies):
    first = Sequence([Child(name="conv", layer=Fixed(a), copies=copies, held_bytes=held)])
    later = Sequence(
        [
            Child(name="conv", layer=Fixed(b), copies=copies, held_bytes=more),
            Child(name="time_conv", layer=Fixed(c)),
        ]
    )
    both = Passes([first, later])
    conv, time_conv = both.children
    assert conv.cost == a.stacked(copies).holding(held).sharing_weights(
        b.stacked(copies).holding(more)
    )
    assert time_conv.cost == c
    assert both.cost == conv.cost + time_conv.cost


def test_calls_add_up_and_kinds_pass_through():
    both = passes((linear(2), 1), (linear(7), 20))
    assert both.calls == 21
    assert both.kind is OperatorKind.GEMM
    assert StepScaled(both, 2).calls == 42


@given(st.lists(st.tuples(costs, counts), min_size=1, max_size=4))
def test_what_is_held_in_turn_is_that_of_the_worst_variant(variants):
    edge = in_turn(
        Child(name="part", layer=Fixed(cost), held_bytes=held) for cost, held in variants
    )
    peaks = [cost.activation_bytes + held for cost, held in variants]
    assert edge.cost.activation_bytes == max(peaks)


@given(costs)
def test_an_idle_layer_is_its_weights(a):
    idle = Idle(Fixed(a))
    assert idle.cost == StageCost(params=a.params, weight_bytes=a.weight_bytes)
    assert idle.calls == 0


def test_an_idle_composite_has_idle_children():
    block = Sequence([Child(name="up", layer=linear(2), copies=3, held_bytes=9)])
    (visit,) = walk(Idle(block))
    assert (visit.path, visit.copies, visit.calls, visit.held_bytes) == ("up", 3, 0, 0)
    assert visit.cost.params == 3 * linear(2).cost.params == Idle(block).cost.params
    assert visit.cost.io_bytes == visit.cost.flops == 0


def test_passes_of_nothing_are_refused():
    with pytest.raises(ValueError, match=r"Passes\.variants: got \(\); allowed: one layer"):
        passes((linear(2), 0))


def test_variants_are_alike():
    composite = Sequence([Child(name="up", layer=linear(2))])
    with pytest.raises(ValueError, match=r"either all with children or all without"):
        Passes([linear(2), composite])
    with pytest.raises(ValueError, match=r"edges of one name and as many copies"):
        in_turn(Child(name="up", layer=linear(2), copies=copies) for copies in (2, 3))


@pytest.mark.parametrize("wrap", [Idle, lambda layer: StepScaled(layer, 2)])
def test_only_layers_can_be_wrapped(wrap):
    with pytest.raises(ValueError, match=r"layer: got 3; allowed: a Layer"):
        wrap(3)


def test_variants_of_two_kinds_are_refused():
    norm = LayerNorm(batch_size=1, tokens=2, dim=3)
    with pytest.raises(InvalidValueError, match="all of one kind"):
        Passes([linear(2), norm])


def test_parts_stand_in_the_order_of_the_variant_that_has_most():
    """A part that the first variant skips is no last part for that."""
    few = Sequence([Child(name=name, layer=linear(1)) for name in ("a", "c")])
    most = Sequence([Child(name=name, layer=linear(2)) for name in ("a", "b", "c")])
    assert [child.name for child in Passes([few, most]).children] == ["a", "b", "c"]


def test_no_edges_are_not_run_in_turn():
    with pytest.raises(InvalidValueError, match="edges of one name"):
        in_turn([])
