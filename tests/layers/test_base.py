"""Layers, edges and composites: what is said of a layer follows from its operators or its parts."""

import inspect
import sys

import pytest
from attrs import field, frozen
from attrs.exceptions import FrozenInstanceError
from hypothesis import given

from tests.strategies import counts, operators, repeats
from wanmeter import (
    Child,
    Composite,
    Decorator,
    InvalidValueError,
    Layer,
    Leaf,
    Operator,
    OperatorKind,
    StageCost,
)
from wanmeter import backends as _backends  # noqa: F401  (registers its layers as subclasses)
from wanmeter import models as _models  # noqa: F401

NOTHING = Operator(kind=OperatorKind.GEMM)


@frozen
class Fixed(Leaf):
    """A leaf of a given operator."""

    operator: Operator = NOTHING


@frozen
class Sequence(Layer):
    """A layer of given children."""

    children: tuple[Child, ...] = field(converter=tuple)


def concrete_layers(cls=Layer):
    for subclass in cls.__subclasses__():
        yield from concrete_layers(subclass)
        # attrs makes a slotted class anew; only the one that its module holds is the real one.
        current = getattr(sys.modules[subclass.__module__], subclass.__name__, None)
        ours = current is subclass and subclass.__module__.startswith("wanmeter.")
        if ours and not inspect.isabstract(subclass):
            yield subclass


@given(operators, operators, repeats, counts)
def test_a_composite_is_the_sum_of_its_children(a, b, copies, held):
    composite = Sequence(
        [
            Child(name="a", layer=Fixed(a), copies=copies),
            Child(name="b", layer=Fixed(b), held_bytes=held),
        ]
    )
    assert composite.cost == a.cost.stacked(copies) + b.cost.holding(held)
    assert composite.kind is None


@given(operators)
def test_a_leaf_is_its_operator_once(operator):
    leaf = Fixed(operator)
    assert leaf.cost == operator.cost
    assert leaf.invocations == ((operator, 1),)
    assert (leaf.kind, leaf.calls, leaf.children) == (OperatorKind.GEMM, 1, ())


@given(operators, operators, counts)
def test_the_peak_alone_is_the_costs(a, b, held):
    """`activation_bytes` equals that of `cost`, without computing the rest."""
    inner = Sequence([Child(name="a", layer=Fixed(a)), Child(name="b", layer=Fixed(b))])
    outer = Sequence([Child(name="in", layer=inner, held_bytes=held)])
    for layer in (Fixed(a), inner, outer):
        assert layer.activation_bytes == layer.cost.activation_bytes


def test_an_empty_composite_costs_nothing():
    assert Sequence([]).cost == StageCost()
    assert Sequence([]).activation_bytes == 0


@pytest.mark.parametrize("copies", [0, -1, True, 1.0])
def test_copies_are_positive_ints(copies):
    with pytest.raises(InvalidValueError, match=r"Child\.copies"):
        Child(name="a", layer=Fixed(), copies=copies)


@pytest.mark.parametrize("layer", sorted(set(concrete_layers()), key=lambda cls: cls.__name__))
def test_every_concrete_layer_is_final_frozen_and_states_no_cost(layer):
    assert layer.__final__
    with pytest.raises(FrozenInstanceError):
        object.__new__(layer).cost = StageCost()
    assert "cost" not in vars(layer)
    ways = [issubclass(layer, way) for way in (Leaf, Composite, Decorator)]
    # Closed forms list their parts themselves, what is held around them included.
    assert sum(ways) == (0 if layer.__name__ in ("Wan2_1Attention", "Wan2_1MLP") else 1)


def test_there_are_layers_to_check():
    names = {cls.__name__ for cls in concrete_layers()}
    assert {"Linear", "SelfAttention", "Wan2_1Attention", "WanTransformer", "StepScaled"} <= names


def test_a_leaf_without_an_operator_and_a_composite_without_a_forward_pass_cannot_be_made():
    class Empty(Leaf):
        pass

    class Partless(Composite):
        pass

    with pytest.raises(TypeError, match=r"abstract method '?operator'?"):
        Empty()
    with pytest.raises(TypeError, match=r"abstract method '?forward'?"):
        Partless()
