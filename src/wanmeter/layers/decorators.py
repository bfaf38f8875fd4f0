"""Decorators: layers around other layers, and the rule by which they reach their parts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import final

from attrs import evolve, field, frozen

from wanmeter.arithmetic import peak
from wanmeter.errors import InvalidValueError
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.operator import Invocation, Operator, Tensor
from wanmeter.validators import function, instance_of, positive_int, require_instance

Repeated = tuple[Layer, int]
"""A layer and its number of calls."""

Around = Callable[[Sequence[Repeated]], Layer]
"""Wraps layers in a decorator."""


class Decorator(Layer, ABC):
    """A layer around other layers that changes their operators, or how often these are called.

    It wraps and forwards, and overrides nothing. Its parts are the parts of the wrapped layers, each
    wrapped in turn. Parts of several layers are matched by name; not all layers need to have a part. A
    decorator that repeats is a loop: nothing is cached before it or after it.
    """

    @property
    @abstractmethod
    def repeated(self) -> Sequence[Repeated]:
        """The wrapped layers and their numbers of calls: at least one layer, all with parts or all without."""

    @abstractmethod
    def around(self, layers: Sequence[Repeated]) -> Layer:
        """The same decorator around other layers, such as parts of its own."""

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The wrapped layers' parts, each wrapped."""
        runs = self.calls
        if len(self.repeated) == 1:
            ((layer, times),) = self.repeated
            return tuple([wrapped(self.around, [(each, times)], runs) for each in layer.children])
        edges: dict[str, list[tuple[Child, int]]] = {}
        # The layer with the most parts sets the order.
        for layer, times in sorted(self.repeated, key=lambda each: -len(each[0].children)):
            for child in layer.children:
                edges.setdefault(child.name, []).append((child, times))
        return tuple([wrapped(self.around, parts, runs) for parts in edges.values()])

    @property
    def invocations(self) -> tuple[Invocation, ...]:
        """The wrapped layers' invocations, times the calls of each layer."""
        return tuple(
            [
                Invocation(operator, calls * times)
                for layer, times in self.repeated
                for operator, calls in layer.invocations
            ]
        )

    @property
    def calls(self) -> int:
        """The calls of all wrapped layers, added up."""
        return sum([layer.calls * times for layer, times in self.repeated])


def wrapped(around: Around, parts: Sequence[tuple[Child, int]], runs: int = 1) -> Child:
    """One edge for parts of one name, wrapped together. Nothing is held around it if `runs` is 0.

    The parts may hold different bytes around them; the edge's peak is the largest of their peaks.

    Raises:
        InvalidValueError: the parts differ in `copies`.
    """
    first, _ = parts[0]
    if any([part.copies != first.copies for part, _ in parts[1:]]):
        copies = [part.copies for part, _ in parts]
        raise InvalidValueError(f"copies of {first.name}", copies, "as many in each variant")
    layer = around([(part.layer, times) for part, times in parts])
    held = first.held_bytes
    if len(parts) > 1:
        run = [part for part, times in parts if times]
        worst = peak(*[part.layer.activation_bytes + part.held_bytes for part in run])
        held = worst - peak(*[part.layer.activation_bytes for part in run])
    return Child(name=first.name, layer=layer, copies=first.copies, held_bytes=held if runs else 0)


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


@final
@frozen
class MapOperators(Decorator):
    """`layer` with each operator replaced by `change(operator)`: sparse, quantised or sharded, say.

    `change` may return the operator that it is given. The tensors held between operators and the
    numbers of calls do not change.
    """

    layer: Layer = field(validator=instance_of(Layer))
    change: Callable[[Operator], Operator] = field(validator=function("an Operator"))

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """The layer, called once."""
        return ((self.layer, 1),)

    def around(self, layers: Sequence[Repeated]) -> "MapOperators":
        """A part with the same change."""
        ((layer, _),) = layers
        return MapOperators(layer, self.change)

    @cached_property
    def invocations(self) -> tuple[Invocation, ...]:
        """The layer's invocations, with each operator replaced.

        Raises:
            InvalidValueError: `change` did not return an `Operator`.
        """
        changed = []
        for operator, calls in self.layer.invocations:
            result = self.change(operator)
            require_instance("what MapOperators.change returns", result, Operator)
            changed.append(Invocation(result, calls))
        return tuple(changed)

    @property
    def cached_bytes(self) -> int:
        """The same as the layer's."""
        return self.layer.cached_bytes

    @property
    def kept_bytes(self) -> int:
        """The same as the layer's."""
        return self.layer.kept_bytes


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
