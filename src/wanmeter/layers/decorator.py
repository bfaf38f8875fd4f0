"""`Decorator`: a layer around other layers, and the rule by which it reaches their parts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property

from wanmeter.arithmetic import peak
from wanmeter.errors import InvalidValueError
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.operator import Invocation

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
