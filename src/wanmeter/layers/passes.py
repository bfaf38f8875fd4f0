"""`Passes`: one set of weights, run at several shapes."""

from collections.abc import Iterable, Sequence
from typing import final

from attrs import Attribute, evolve, field, frozen

from wanmeter.errors import InvalidValueError
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.decorator import Decorator, Repeated, wrapped
from wanmeter.layers.operator import Tensor
from wanmeter.layers.step_scaled import StepScaled
from wanmeter.validators import non_negative


def _times(layers: Iterable[Layer | Repeated]) -> tuple[Repeated, ...]:
    """Each layer with its number of calls, 1 by default."""
    if isinstance(layers, Layer):
        layers = (layers,)
    return tuple([each if isinstance(each, tuple) else (each, 1) for each in layers])


def _alike(
    _: object, attribute: "Attribute[tuple[Repeated, ...]]", value: Sequence[Repeated]
) -> None:
    pairs = [each for each in value if len(each) == 2 and isinstance(each[0], Layer)]
    counted = [non_negative(times) for _, times in pairs]
    if not value or len(pairs) < len(value) or not all(counted):
        allowed = "one layer or more, and how often each is called"
        raise InvalidValueError("Passes.layers", value, allowed)
    (first, _), *others = pairs
    kind, parts, weights = first.kind, bool(first.children), _weights(first)
    for layer, _ in others:
        if (
            layer.kind is not kind
            or bool(layer.children) is not parts
            or _weights(layer) != weights
        ):
            allowed = "layers of one kind with the same weights, all with children or all without"
            raise InvalidValueError("Passes.layers", tuple(each for each, _ in pairs), allowed)


def _weights(layer: Layer) -> list[tuple[Tensor, ...]]:
    """The weights of a layer without parts. Those of a composite are compared part by part."""
    return [operator.weights for operator, _ in layer.invocations[:1]]


@final
@frozen
class Passes(Decorator):
    """Variants of one layer, run in sequence over the same weights: the chunks of a video, say.

    Work adds up, weights count once, and peak activation is the largest.

    Raises:
        InvalidValueError: there is no variant, their kinds or weights differ, or only some have children.
    """

    repeated: tuple[Repeated, ...] = field(converter=_times, validator=_alike)

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
