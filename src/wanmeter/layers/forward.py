"""A composite's forward pass as data: its steps in order, and the tensors between them.

The bytes that the composite keeps alive around each step are derived from it.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from attrs import field, frozen

from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.decorators import in_turn
from wanmeter.layers.operator import Tensor
from wanmeter.validators import instance_of, part_name, positive_int, tuple_of_names


@frozen
class Step:
    """One step of a forward pass: a layer and the names of the tensors that it reads and writes.

    `keeps` names tensors that stay alive during the step for reasons that reads and writes do not show,
    such as the outputs of earlier `copies`.

    Consecutive steps of one name run the same weights at other shapes. A stateful layer passes its
    cache from call to call; nothing is cached before the first call or after the last.
    """

    name: str = field(validator=part_name)
    layer: Layer = field(validator=instance_of(Layer))
    reads: tuple[str, ...] = field(kw_only=True, default=(), validator=tuple_of_names)
    writes: tuple[str, ...] = field(kw_only=True, default=(), validator=tuple_of_names)
    keeps: tuple[str, ...] = field(kw_only=True, default=(), validator=tuple_of_names)
    copies: int = field(kw_only=True, default=1, validator=positive_int)


def _in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(steps)


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


@frozen(kw_only=True)
class Forward:
    """The steps of one forward pass, in order, and the tensors between them, by name.

    A tensor is live from the step that writes it (from the start, if it is an input of the composite)
    to the last step that reads it. A `borrowed` input is live throughout, because the caller uses it
    again. Around a step the composite holds the live tensors that the step neither reads nor writes,
    and the caches of the other steps: what earlier steps keep for the next call, and what later steps
    kept from the last one.

    A step itself counts the tensors that it reads, for as long as it needs them. So a composite used as
    a step must declare as borrowed the inputs that its caller uses again.

    Attributes:
        steps: the steps in order. A step may overwrite a tensor, even one that it reads.
        tensors: by name, at least those that are live around a step that does not use them.
        borrowed: names of inputs that the caller keeps.
    """

    steps: tuple[Step, ...] = field(converter=_in_order)
    tensors: Mapping[str, Tensor] = field(factory=dict)
    borrowed: tuple[str, ...] = field(default=(), converter=_names)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """One edge per step name, with the bytes held around it.

        Raises:
            UnknownNameError: a tensor that is live around a step is not in `tensors`.
            InvalidValueError: steps of one name do not follow each other.
        """
        edges = [
            Child(name=step.name, layer=step.layer, copies=step.copies, held_bytes=live + cached)
            for step, live, cached in zip(self.steps, self._live(), self._cached(), strict=True)
        ]
        if not self._again:
            return tuple(edges)
        by_name = [tuple(same) for _, same in groupby(edges, key=attrgetter("name"))]
        names = [same[0].name for same in by_name]
        if len(set(names)) < len(names):
            allowed = "steps of one name one after the other"
            raise InvalidValueError("Forward.steps", names, allowed)
        return tuple([in_turn(same) for same in by_name])

    @cached_property
    def _again(self) -> set[str]:
        """Names that several steps have."""
        counts = Counter(step.name for step in self.steps)
        return {name for name, count in counts.items() if count > 1}

    def _live(self) -> list[int]:
        """For each step, the bytes of the live tensors that it neither reads nor writes."""
        used_later: set[str] = set()
        around = []
        for step in reversed(self.steps):
            names = used_later.union(self.borrowed, step.keeps).difference(step.reads, step.writes)
            around.append(sum(self._size(name) for name in sorted(names)))
            used_later.difference_update(step.writes)
            used_later.update(step.reads)
        return around[::-1]

    def _cached(self) -> list[int]:
        """For each step, the bytes that the other steps have cached.

        Of several copies the last is the worst case, as no copy's cache shrinks.
        """
        states = [
            (0, 0) if step.name in self._again else (step.layer.cached_bytes, step.layer.kept_bytes)
            for step in self.steps
        ]
        copies = [step.copies for step in self.steps]
        before, after = 0, sum(n * cached for n, (cached, _) in zip(copies, states, strict=True))
        around = []
        for n, (cached, kept) in zip(copies, states, strict=True):
            after -= n * cached
            around.append(before + (n - 1) * kept + after)
            before += n * kept
        return around

    def _size(self, name: str) -> int:
        if name not in self.tensors:
            raise UnknownNameError("tensor", name, tuple(self.tensors))
        return self.tensors[name].bytes


class Composite(Layer, ABC):
    """A layer made of other layers. It states its forward pass, from which its parts follow."""

    @property
    @abstractmethod
    def forward(self) -> Forward:
        """The forward pass of one call."""

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The parts, in execution order."""
        return self.forward.children

    @cached_property
    def cached_bytes(self) -> int:
        """Bytes in the parts' caches when a call begins."""
        return sum([child.copies * child.layer.cached_bytes for child in self.children])

    @cached_property
    def kept_bytes(self) -> int:
        """Bytes in the parts' caches when the call ends."""
        return sum([child.copies * child.layer.kept_bytes for child in self.children])
