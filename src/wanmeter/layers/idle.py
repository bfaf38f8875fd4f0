"""`Idle`: a layer whose weights are loaded, and that is not run."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.cost import StageCost
from wanmeter.layers.base import Child, Decorator, Layer, OperatorKind
from wanmeter.validation import instance_of


@final
@frozen
class Idle(Decorator):
    """`layer`'s parameters and nothing else: it is never called. Distributes over composites."""

    layer: Layer = field(validator=instance_of(Layer))

    @cached_property
    def cost(self) -> StageCost:
        """The weights alone."""
        cost = self.layer.cost
        return StageCost(params=cost.params, weight_bytes=cost.weight_bytes)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The layer's children, idle too."""
        return tuple(
            Child(name=child.name, layer=Idle(child.layer), copies=child.copies)
            for child in self.layer.children
        )

    @property
    def calls(self) -> int:
        """None."""
        return 0

    @property
    def kind(self) -> OperatorKind | None:
        """The layer's own kind."""
        return self.layer.kind
