"""The tree that costs are read from: `Layer`, its edges, and the ways to be a layer.

Every concrete layer is final and frozen, and bound to its shapes when built. A `Leaf` states its
operator; a `Composite` (see `forward`) its forward pass; a `Decorator` (see `decorator`) what it does to
other layers. No layer states a cost: it follows, for all of them, in one place.
"""

from abc import ABC, abstractmethod
from functools import cached_property

from attrs import field, frozen

from wanmeter.arithmetic import peak
from wanmeter.conventions import OperatorKind
from wanmeter.cost import StageCost
from wanmeter.layers.operator import Invocation, Operator, cost_of
from wanmeter.validators import instance_of, non_negative_int, part_name, positive_int


class Layer:
    """A piece of the model, bound to concrete shapes: it has either `children` or `invocations`."""

    # No `__slots__`: what is cached here needs a place, and attrs gives none to a base class's.

    @property
    def children(self) -> tuple["Child", ...]:
        """The parts, in execution order."""
        return ()

    @property
    def invocations(self) -> tuple[Invocation, ...]:
        """Of a layer without parts: its operator, and how often it is called; at several shapes, several."""
        return ()

    @property
    def calls(self) -> int:
        """How many forward passes `cost` covers."""
        return 1

    @property
    def kind(self) -> OperatorKind | None:
        """The operator's class; `None` for a layer that is made of others."""
        invocations = self.invocations
        return invocations[0].operator.kind if invocations else None

    @cached_property
    def cost(self) -> StageCost:
        """The cost of all calls: that of the parts, one after the other, or of the operator."""
        if self.children:
            return StageCost.in_sequence(child.cost for child in self.children)
        return cost_of(self.invocations)

    @cached_property
    def activation_bytes(self) -> int:
        """Peak live bytes within one call; what `cost` says too, without all the rest."""
        if self.children:
            return peak(
                *[child.layer.activation_bytes + child.held_bytes for child in self.children]
            )
        return peak(*[each.operator.activation_bytes for each in self.invocations if each.calls])

    @property
    def cached_bytes(self) -> int:
        """Bytes that a stateful layer has cached when a call begins: the frames of the chunk before, say."""
        return 0

    @property
    def kept_bytes(self) -> int:
        """Bytes that a stateful layer has cached when the call is done."""
        return 0


@frozen(kw_only=True)
class Child:
    """The edge from a layer to one of its parts.

    `copies` are equal parts with weights of their own, one after the other. `held_bytes` are the
    activations that the parent keeps alive while the part runs, beyond the part's own.
    """

    name: str = field(validator=part_name)
    layer: Layer = field(validator=instance_of(Layer))
    copies: int = field(default=1, validator=positive_int)
    held_bytes: int = field(default=0, validator=non_negative_int)

    @property
    def cost(self) -> StageCost:
        """What this edge adds to its parent."""
        return cost_of_copies(self.layer, self.copies).holding(self.held_bytes)


def cost_of_copies(layer: Layer, copies: int) -> StageCost:
    """The cost of so many equal layers; of one, which most are, the layer's own."""
    return layer.cost if copies == 1 else layer.cost.stacked(copies)


class Leaf(Layer, ABC):
    """One operator."""

    @property
    @abstractmethod
    def operator(self) -> Operator:
        """What one call computes, reads and writes."""

    @property
    def invocations(self) -> tuple[Invocation, ...]:
        """The operator, once."""
        return (Invocation(self.operator, 1),)

    @property
    def kind(self) -> OperatorKind:
        """The operator's class."""
        return self.operator.kind

    @property
    def activation_bytes(self) -> int:
        """The operator's inputs and outputs."""
        return self.operator.activation_bytes
