"""The layer tree: `Layer`, its edge `Child`, and `Leaf`.

Every concrete layer is final, frozen and bound to its shapes. A `Leaf` states its operator, a
`Composite` (in `forward`) its forward pass, a `Decorator` (in `decorators`) what it does to other layers.
No layer states a cost; `Layer` derives it for all of them.
"""

from abc import ABC, abstractmethod
from functools import cached_property

from attrs import field, frozen

from wanmeter.arithmetic import peak
from wanmeter.conventions import OperatorKind
from wanmeter.cost import StageCost
from wanmeter.layers.operator import Invocation, Operator, cost_of
from wanmeter.validators import instance_of, is_int, non_negative_int, part_name, positive_int


class Layer:
    """A piece of a model, bound to its shapes. It has either `children` or `invocations`."""

    # No `__slots__`: attrs makes room for cached properties of slotted classes, but not of their bases.

    @property
    def children(self) -> tuple["Child", ...]:
        """The parts, in execution order."""
        return ()

    @property
    def invocations(self) -> tuple[Invocation, ...]:
        """The operator and its number of calls, for each shape; empty if the layer has children."""
        return ()

    @property
    def calls(self) -> int:
        """Number of forward passes that `cost` covers."""
        return 1

    @property
    def kind(self) -> OperatorKind | None:
        """The operator's kind; `None` for a layer with children."""
        invocations = self.invocations
        return invocations[0].operator.kind if invocations else None

    @cached_property
    def cost(self) -> StageCost:
        """The cost of all calls: the children's in sequence, or the operator's."""
        if self.children:
            return StageCost.in_sequence(child.cost for child in self.children)
        return cost_of(self.invocations)

    @cached_property
    def activation_bytes(self) -> int:
        """Peak live bytes within one call. Equal to `cost.activation_bytes`, but quicker to compute."""
        if self.children:
            return peak(
                *[child.layer.activation_bytes + child.held_bytes for child in self.children]
            )
        return peak(*[each.operator.activation_bytes for each in self.invocations if each.calls])

    @property
    def cached_bytes(self) -> int:
        """Bytes in a stateful layer's cache when a call begins, such as frames of the previous chunk."""
        return 0

    @property
    def kept_bytes(self) -> int:
        """Bytes in a stateful layer's cache when the call ends."""
        return 0


@frozen(kw_only=True)
class Child:
    """The edge from a layer to one of its parts.

    `copies` is the number of equal parts in sequence, each with its own weights. `held_bytes` are the
    activations that the parent keeps alive while the part runs, besides the part's own.
    """

    name: str = field(validator=part_name)
    layer: Layer = field(validator=instance_of(Layer))
    copies: int = field(default=1, validator=positive_int)
    held_bytes: int = field(default=0, validator=non_negative_int)

    @property
    def cost(self) -> StageCost:
        """The cost that this part adds to its parent."""
        return cost_of_copies(self.layer, self.copies).holding(self.held_bytes)


def cost_of_copies(layer: Layer, copies: int) -> StageCost:
    """The cost of `copies` equal layers. One copy, the common case, reuses the layer's cached cost."""
    return layer.cost if is_int(copies) and copies == 1 else layer.cost.stacked(copies)


class Leaf(Layer, ABC):
    """A layer that is one operator."""

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
        """The operator's kind."""
        return self.operator.kind

    @property
    def activation_bytes(self) -> int:
        """Bytes of the operator's inputs and outputs."""
        return self.operator.activation_bytes
