"""`Passes`: one set of weights, run at several shapes; `idle`: weights that are loaded but never run."""

from collections.abc import Iterable, Sequence
from typing import final

from attrs import evolve, field, frozen

from wanmeter.errors import InvalidValueError
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.decorator import Decorator, Repeated, wrapped
from wanmeter.layers.operator import Tensor
from wanmeter.layers.step_scaled import StepScaled


def _tuple(layers: Iterable[Repeated]) -> tuple[Repeated, ...]:
    return tuple(layers)


def _alike(_: object, __: object, value: Sequence[Repeated]) -> None:
    each = [(layer.kind, _weights(layer)) for layer, _ in value]
    if not each or any([other != each[0] for other in each[1:]]):
        allowed = "one layer or more, of one kind and with the same weights"
        raise InvalidValueError("Passes.repeated", tuple(layer for layer, _ in value), allowed)


def _weights(layer: Layer) -> list[tuple[Tensor, ...]]:
    """The weights of a layer without parts. Those of a composite are compared part by part."""
    return [operator.weights for operator, _ in layer.invocations[:1]]


@final
@frozen
class Passes(Decorator):
    """Variants of one layer, run in sequence over the same weights: the chunks of a video, say.

    Takes pairs of a layer and its number of calls. Work adds up, weights count once, and peak activation
    is the largest.

    Raises:
        InvalidValueError: there is no variant, or their kinds or weights differ.
    """

    repeated: tuple[Repeated, ...] = field(converter=_tuple, validator=_alike)

    def around(self, layers: Sequence[Repeated]) -> "Passes":
        """The variants of a part."""
        return Passes(layers)


def in_turn(edges: Sequence[Child]) -> Child:
    """One edge for variants of one part that run in sequence; each may hold different bytes.

    Raises:
        InvalidValueError: the variants differ in `copies`.
    """
    if len(edges) == 1:
        return edges[0]
    return wrapped(Passes, [_unscaled(edge) for edge in edges])


def _unscaled(edge: Child) -> tuple[Child, int]:
    """An edge without its layer's `StepScaled`, if there is one, and the number of steps."""
    layer = edge.layer
    if not isinstance(layer, StepScaled):
        return edge, 1
    return evolve(edge, layer=layer.layer), layer.steps


def idle(layer: Layer) -> Passes:
    """The weights of `layer` without its work: it is never called."""
    return Passes([(layer, 0)])
