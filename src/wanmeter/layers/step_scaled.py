"""`StepScaled`: the decorator that runs a layer several times."""

from collections.abc import Sequence
from typing import final

from attrs import field, frozen

from wanmeter.layers.base import Layer
from wanmeter.layers.decorator import Decorator, Repeated
from wanmeter.validators import instance_of, positive_int


@final
@frozen
class StepScaled(Decorator):
    """`layer`, called `steps` times over the same weights: work multiplies, memory does not.

    Wraps any layer, even another `StepScaled`; its cost is `layer.cost.rerun(steps)`.

    Raises:
        InvalidValueError: `steps` is not a positive int.
    """

    layer: Layer = field(validator=instance_of(Layer))
    steps: int = field(validator=positive_int)

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """The layer, called `steps` times."""
        return ((self.layer, self.steps),)

    def around(self, layers: Sequence[Repeated]) -> "StepScaled":
        """A part, called as often."""
        ((layer, steps),) = layers
        return StepScaled(layer, steps)
