"""`StepScaled`: the decorator that runs any layer again and again."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.cost import StageCost
from wanmeter.layers.base import Child, Decorator, Layer, OperatorKind
from wanmeter.validation import instance_of, positive_int


@final
@frozen
class StepScaled(Decorator):
    """`layer`, called `steps` times over the same weights.

    Wraps any layer, itself included. Its cost is `layer.cost.rerun(steps)`: work multiplies, memory
    does not. It distributes over composites: its children are the layer's, each scaled.

    Raises:
        InvalidValueError: `steps` is not a positive int.
    """

    layer: Layer = field(validator=instance_of(Layer))
    steps: int = field(validator=positive_int)

    @cached_property
    def cost(self) -> StageCost:
        """The cost of all the calls."""
        return self.layer.cost.rerun(self.steps)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The layer's children, each scaled by the same steps."""
        return tuple(
            Child(
                name=child.name,
                layer=StepScaled(child.layer, self.steps),
                copies=child.copies,
                held_bytes=child.held_bytes,
            )
            for child in self.layer.children
        )

    @property
    def calls(self) -> int:
        """The layer's own calls, times the steps."""
        return self.layer.calls * self.steps

    @property
    def kind(self) -> OperatorKind | None:
        """The layer's own kind."""
        return self.layer.kind
