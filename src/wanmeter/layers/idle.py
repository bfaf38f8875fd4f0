"""`Idle`: a layer whose weights are loaded, and that is not run."""

from collections.abc import Sequence
from typing import final

from attrs import field, frozen

from wanmeter.layers.base import Layer
from wanmeter.layers.decorator import Decorator, Repeated
from wanmeter.validators import instance_of


@final
@frozen
class Idle(Decorator):
    """`layer`'s parameters and nothing else: it is never called."""

    layer: Layer = field(validator=instance_of(Layer))

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """The layer, never."""
        return ((self.layer, 0),)

    def around(self, layers: Sequence[Repeated]) -> "Idle":
        """A part, idle too."""
        ((layer, _),) = layers
        return Idle(layer)
