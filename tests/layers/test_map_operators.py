"""`MapOperators`: changes operators wherever they are, and nothing else."""

import pytest
from attrs import evolve
from hypothesis import given

from tests.layers.test_base import Fixed, Sequence
from tests.strategies import counts, operators, repeats
from wanmeter import (
    Child,
    InvalidValueError,
    MapOperators,
    OperatorKind,
    Precision,
    StepScaled,
    VaeSpec,
    walk,
)
from wanmeter.layers import SelfAttention, idle
from wanmeter.models.components.vae.blocks import Chunk, ResidualBlock


def doubled(operator):
    return evolve(operator, flops=2 * operator.flops)


@given(operators, operators, repeats, counts)
def test_it_changes_every_operator_and_keeps_the_tree(a, b, copies, held):
    tree = Sequence(
        [
            Child(name="a", layer=Fixed(a), copies=copies, held_bytes=held),
            Child(name="b", layer=StepScaled(Fixed(b), 3)),
        ]
    )
    before, after = list(walk(tree)), list(walk(MapOperators(tree, doubled)))
    for old, new in zip(before, after, strict=True):
        fields = ("path", "copies", "calls", "held_bytes", "kind")
        assert [getattr(old, name) for name in fields] == [getattr(new, name) for name in fields]
        assert new.cost == evolve(old.cost, flops=2 * old.cost.flops)
        assert new.layer.activation_bytes == old.layer.activation_bytes


@given(operators, repeats)
def test_it_commutes_with_repetition(operator, n):
    layer = Fixed(operator)
    inside, outside = StepScaled(MapOperators(layer, doubled), n), StepScaled(layer, n)
    assert inside.cost == MapOperators(outside, doubled).cost
    assert inside.invocations == MapOperators(outside, doubled).invocations
    assert MapOperators(idle(layer), doubled).calls == 0


def test_weights_of_another_size():
    """What quantised layers need: five lines, for any layer."""

    def in_8_bits(operator):
        return evolve(operator, weights=tuple(evolve(each, bits=8) for each in operator.weights))

    shape = {"batch_size": 1, "tokens": 100, "dim": 64, "num_heads": 4}
    quantised = MapOperators(SelfAttention(**shape), in_8_bits)
    assert quantised.cost == SelfAttention(**shape, precision=Precision(weight_bits=8)).cost


def test_an_operator_can_become_one_of_another_kind():
    layer = MapOperators(Fixed(), lambda operator: evolve(operator, kind=OperatorKind.ATTENTION))
    assert layer.kind is OperatorKind.ATTENTION


@pytest.mark.parametrize("change", [None, 3, "sparse"])
def test_a_change_is_a_function(change):
    with pytest.raises(InvalidValueError, match=r"MapOperators\.change: got .*; allowed: a func"):
        MapOperators(Fixed(), change)


def test_a_change_returns_an_operator():
    with pytest.raises(InvalidValueError, match=r"what MapOperators\.change returns: got None"):
        MapOperators(Fixed(), lambda operator: None).cost  # noqa: B018


def test_a_cache_stays_where_it_is():
    """Two stateful convolutions around each other, whatever their operators become."""
    spec, size = VaeSpec(), (1, 8, 8)
    block = ResidualBlock(Chunk(spec=spec, batch_size=1, size=size, history=1), 4, 4)
    mapped = MapOperators(block, lambda operator: operator)
    assert (mapped.cached_bytes, mapped.kept_bytes) == (block.cached_bytes, block.kept_bytes)
    assert block.cached_bytes > 0
    assert mapped.cost == block.cost
