"""Layers, edges and composites."""

import inspect
import sys

import pytest
from attrs import field, frozen
from attrs.exceptions import FrozenInstanceError
from hypothesis import given

from tests.strategies import costs, counts, repeats
from wanmeter import Child, Composite, InvalidValueError, Layer, Leaf, OperatorKind, StageCost
from wanmeter import backends as _backends  # noqa: F401  (registers its layers as subclasses)
from wanmeter import wan as _wan  # noqa: F401
from wanmeter.layers import Decorator


@frozen
class Fixed(Leaf):
    """A leaf of a given cost."""

    cost: StageCost
    kind = OperatorKind.GEMM


@frozen
class Sequence(Composite):
    """A composite of given children."""

    children: tuple[Child, ...] = field(converter=tuple)


def concrete_layers(cls=Layer):
    for subclass in cls.__subclasses__():
        yield from concrete_layers(subclass)
        # attrs makes a slotted class anew; only the one that its module holds is the real one.
        current = getattr(sys.modules[subclass.__module__], subclass.__name__, None)
        ours = current is subclass and subclass.__module__.startswith("wanmeter.")
        if ours and not inspect.isabstract(subclass):
            yield subclass


@given(costs, costs, repeats, counts)
def test_a_composite_is_the_sum_of_its_children(a, b, copies, held):
    composite = Sequence(
        [
            Child(name="a", layer=Fixed(a), copies=copies),
            Child(name="b", layer=Fixed(b), held_bytes=held),
        ]
    )
    assert composite.cost == a.stacked(copies) + b.holding(held)


def test_an_empty_composite_costs_nothing():
    assert Sequence([]).cost == StageCost()


def test_a_leaf_has_no_children_and_one_call():
    leaf = Fixed(StageCost(flops=1))
    assert leaf.children == ()
    assert leaf.calls == 1


@pytest.mark.parametrize("copies", [0, -1, True, 1.0])
def test_copies_are_positive_ints(copies):
    with pytest.raises(InvalidValueError, match=r"Child\.copies"):
        Child(name="a", layer=Fixed(StageCost()), copies=copies)


@pytest.mark.parametrize("layer", sorted(set(concrete_layers()), key=lambda cls: cls.__name__))
def test_every_concrete_layer_is_final_frozen_and_of_one_way(layer):
    assert layer.__final__
    with pytest.raises(FrozenInstanceError):
        object.__new__(layer).cost = StageCost()
    assert sum(issubclass(layer, way) for way in (Leaf, Composite, Decorator)) == 1
    if issubclass(layer, Composite):
        assert "cost" not in vars(layer)


def test_there_are_layers_to_check():
    names = {cls.__name__ for cls in concrete_layers()}
    assert {"Linear", "SelfAttention", "Wan2_1Attention", "WanTransformer", "StepScaled"} <= names


def test_a_layer_without_a_cost_cannot_be_made():
    class Costless(Layer):
        pass

    with pytest.raises(TypeError, match=r"abstract method '?cost'?"):
        Costless()


def test_an_operator_without_a_kind_and_a_composite_without_parts_cannot_be_made():
    class Kindless(Leaf):
        cost = StageCost()

    class Empty(Composite):
        pass

    with pytest.raises(TypeError, match=r"abstract method '?kind'?"):
        Kindless()
    with pytest.raises(TypeError, match=r"abstract method '?children'?"):
        Empty()
