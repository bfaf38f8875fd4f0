"""`Passes`: the same weights at several shapes; and `idle`: weights that nothing runs."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.test_base import Fixed, Sequence
from tests.strategies import costs, counts, operators, repeats
from wanmeter import Child, InvalidValueError, OperatorKind, StageCost, StepScaled, walk
from wanmeter.layers import LayerNorm, Linear, Passes, idle
from wanmeter.layers.decorators import in_turn


def linear(tokens):
    return Linear(batch_size=1, tokens=tokens, in_features=3, out_features=5)


def at_weights_of(one, other):
    """The second operator over the weights of the first."""
    return evolve(other, weights=one.weights, weights_read=None)


@given(costs, costs)
def test_sharing_weights_adds_work_and_keeps_the_larger_memory(a, b):
    both = StageCost.sharing_weights([a, b])
    for field in ("flops", "vector_flops", "bytes_read", "bytes_written"):
        assert getattr(both, field) == getattr(a, field) + getattr(b, field)
    for field in ("params", "weight_bytes", "activation_bytes", "kv_cache_bytes"):
        assert getattr(both, field) == max(getattr(a, field), getattr(b, field))


@given(operators, repeats)
def test_passes_at_one_shape_are_a_rerun(a, n):
    assert Passes([(StepScaled(Fixed(a), n), 1)]).cost == a.cost.rerun(n)
    assert Passes([(Fixed(a), n)]).cost == a.cost.rerun(n)
    assert Passes([(Fixed(a), 1), (Fixed(a), 1)]).cost == a.cost.rerun(2)


def test_weights_are_there_once_and_work_is_that_of_every_shape():
    cost = Passes([(linear(2), 1), (linear(7), 10)]).cost
    assert cost.flops == linear(2 + 10 * 7).cost.flops
    assert cost.params == linear(1).cost.params
    assert cost.activation_bytes == linear(7).cost.activation_bytes


@given(operators, operators, operators, counts, counts, repeats)
def test_it_distributes_over_composites_and_a_part_may_be_skipped(a, b, c, held, more, copies):
    b = at_weights_of(a, b)
    first = Sequence([Child(name="conv", layer=Fixed(a), copies=copies, held_bytes=held)])
    later = Sequence(
        [
            Child(name="conv", layer=Fixed(b), copies=copies, held_bytes=more),
            Child(name="time_conv", layer=Fixed(c)),
        ]
    )
    both = Passes([(first, 1), (later, 1)])
    conv, time_conv = both.children
    assert conv.cost == StageCost.sharing_weights(
        [a.cost.stacked(copies).holding(held), b.cost.stacked(copies).holding(more)]
    )
    assert time_conv.cost == c.cost
    assert both.cost == conv.cost + time_conv.cost
    assert both.activation_bytes == both.cost.activation_bytes


@given(operators, operators, repeats, repeats)
def test_its_operators_are_those_of_all_variants(a, b, m, n):
    b = at_weights_of(a, b)
    both = Passes([(Fixed(a), m), (StepScaled(Fixed(b), n), 1)])
    assert both.invocations == ((a, m), (b, n))


def test_calls_add_up_and_kinds_pass_through():
    both = Passes([(linear(2), 1), (linear(7), 20)])
    assert both.calls == 21
    assert both.kind is OperatorKind.GEMM
    assert StepScaled(both, 2).calls == 42


@given(st.lists(st.tuples(operators, counts, repeats), min_size=1, max_size=4))
def test_what_is_held_in_turn_is_that_of_the_worst_variant(variants):
    first = variants[0][0]
    variants = [(at_weights_of(first, each), held, steps) for each, held, steps in variants]
    edge = in_turn(
        [
            Child(name="part", layer=StepScaled(Fixed(operator), steps), held_bytes=held)
            for operator, held, steps in variants
        ]
    )
    peaks = [operator.cost.activation_bytes + held for operator, held, _ in variants]
    assert edge.cost.activation_bytes == max(peaks)
    assert edge.layer.calls == sum(steps for _, _, steps in variants)


@given(operators)
def test_an_idle_layer_is_its_weights(a):
    never = idle(Fixed(a))
    assert never.cost == StageCost(params=a.cost.params, weight_bytes=a.cost.weight_bytes)
    assert (never.calls, never.activation_bytes) == (0, 0)
    assert never.invocations == ((a, 0),)


def test_an_idle_composite_has_idle_children():
    block = Sequence([Child(name="up", layer=linear(2), copies=3, held_bytes=9)])
    (visit,) = walk(idle(block))
    assert (visit.path, visit.copies, visit.calls, visit.held_bytes) == ("up", 3, 0, 0)
    assert visit.cost.params == 3 * linear(2).cost.params == idle(block).cost.params
    assert visit.cost.io_bytes == visit.cost.flops == 0


def test_passes_of_nothing_are_refused():
    with pytest.raises(ValueError, match=r"Passes\.repeated: got \(\); allowed: one layer"):
        Passes([])


def test_variants_are_alike():
    composite = Sequence([Child(name="up", layer=linear(2))])
    with pytest.raises(ValueError, match="of one kind"):
        Passes([(linear(2), 1), (composite, 1)])
    with pytest.raises(ValueError, match=r"copies of up: got \[2, 3\]"):
        in_turn([Child(name="up", layer=linear(2), copies=copies) for copies in (2, 3)])
    blocks = [Sequence([Child(name="up", layer=linear(2), copies=copies)]) for copies in (2, 3)]
    with pytest.raises(ValueError, match=r"copies of up: got \[2, 3\]"):
        Passes([(block, 1) for block in blocks]).children  # noqa: B018


def test_only_layers_can_be_wrapped():
    with pytest.raises(ValueError, match=r"layer: got 3; allowed: a Layer"):
        StepScaled(3, 2)


def test_variants_of_two_kinds_are_refused():
    norm = LayerNorm(batch_size=1, tokens=2, dim=3)
    with pytest.raises(InvalidValueError, match="of one kind"):
        Passes([(linear(2), 1), (norm, 1)])


def test_parts_stand_in_the_order_of_the_variant_that_has_most():
    """A part that the first variant skips is no last part for that."""
    few = Sequence([Child(name=name, layer=linear(1)) for name in ("a", "c")])
    most = Sequence([Child(name=name, layer=linear(2)) for name in ("a", "b", "c")])
    assert [child.name for child in Passes([(few, 1), (most, 1)]).children] == ["a", "b", "c"]


def test_a_variant_that_is_never_called_has_no_peak():
    """A cached step that no pass runs, or an expert without steps."""
    small, big = (
        Sequence([Child(name="up", layer=linear(tokens), held_bytes=held)])
        for tokens, held in ((2, 500), (1000, 7))
    )
    for never in (Passes([(big, 0), (small, 1)]), Passes([(small, 1), (big, 0)])):
        assert never.activation_bytes == small.activation_bytes
        assert never.cost.flops == small.cost.flops
    assert Passes([(big, 1), (small, 0)]).activation_bytes == big.activation_bytes


def test_variants_have_the_same_weights():
    other = Linear(batch_size=1, tokens=2, in_features=3, out_features=9)
    with pytest.raises(InvalidValueError, match="with the same weights"):
        Passes([(linear(2), 1), (other, 1)])
    assert Passes([(linear(2), 1), (idle(linear(2)), 1)]).cost == linear(2).cost
