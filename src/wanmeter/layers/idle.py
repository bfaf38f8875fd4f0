"""`Idle`: a layer that is loaded but never runs."""

from collections.abc import Sequence
from typing import final

from attrs import field, frozen

from wanmeter.layers.base import Layer
from wanmeter.layers.decorator import Decorator, Repeated
from wanmeter.validators import instance_of


@final
@frozen
class Idle(Decorator):
    """The weights of `layer` without its work: it is never called."""

    layer: Layer = field(validator=instance_of(Layer))

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """The layer, called 0 times."""
        return ((self.layer, 0),)

    def around(self, layers: Sequence[Repeated]) -> "Idle":
        """An idle part."""
        ((layer, _),) = layers
        return Idle(layer)
