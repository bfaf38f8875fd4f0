"""`Passes`: one set of weights, run at several shapes."""

from collections.abc import Iterable, Sequence
from typing import final

from attrs import Attribute, evolve, field, frozen

from wanmeter.errors import InvalidValueError
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.decorator import Decorator, Repeated, wrapped
from wanmeter.layers.step_scaled import StepScaled


def _times(layers: Iterable[Layer | Repeated]) -> tuple[Repeated, ...]:
    """Each layer and how often it is called: once, where nobody says."""
    return tuple([each if isinstance(each, tuple) else (each, 1) for each in layers])


def _alike(
    _: object, attribute: "Attribute[tuple[Repeated, ...]]", value: Sequence[Repeated]
) -> None:
    layers = [layer for layer, _ in value]
    if layers and all([isinstance(layer, Layer) for layer in layers]):
        kind, parts = layers[0].kind, bool(layers[0].children)
        if all([layer.kind is kind and bool(layer.children) is parts for layer in layers]):
            return
    allowed = "one layer or more, all of one kind, and either all with children or all without"
    raise InvalidValueError("Passes.layers", tuple(layers), allowed)


@final
@frozen
class Passes(Decorator):
    """Variants of one layer, run one after the other over the same weights: the chunks of a video, say.

    Work adds up; weights are there once; peak activation is the largest.

    Raises:
        InvalidValueError: there is no variant, or they are not of one kind, or one has children and another has none.
    """

    repeated: tuple[Repeated, ...] = field(converter=_times, validator=_alike)

    def around(self, layers: Sequence[Repeated]) -> "Passes":
        """The variants of a part."""
        return Passes(layers)


def in_turn(edges: Sequence[Child]) -> Child:
    """One edge for variants of one part that run in turn, each with held bytes of its own.

    Raises:
        InvalidValueError: there are not as many copies of each.
    """
    if len(edges) == 1:
        return edges[0]
    return wrapped(Passes, [_unscaled(edge) for edge in edges])


def _unscaled(edge: Child) -> tuple[Child, int]:
    """An edge to a layer that is scaled as one to the layer itself, and its steps."""
    layer = edge.layer
    if not isinstance(layer, StepScaled):
        return edge, 1
    return evolve(edge, layer=layer.layer), layer.steps
