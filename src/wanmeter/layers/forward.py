"""A composite's forward pass as data: its steps in order, and the tensors between them.

From it follows what the composite keeps alive around each step, so that nobody counts by hand.
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
from wanmeter.layers.operator import Tensor
from wanmeter.layers.passes import in_turn
from wanmeter.validators import instance_of, part_name, positive_int, tuple_of_names


@frozen
class Step:
    """One step of a forward pass: a layer and the names of the tensors that it reads and writes.

    `keeps` names tensors that stay alive meanwhile for a reason that reads and writes do not show:
    where several `copies` run, what the copies before made, say.

    Consecutive steps of one name call one layer again at other shapes, over the same weights. A stateful
    layer passes its cache on from call to call, and has nothing cached before the first or after the last.
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
    to the last step that reads it. A `borrowed` input is live throughout: the caller uses it again.
    Around a step the composite holds whatever is live and is not the step's own to count; around a
    stateful step, besides, what the others have cached: those before it for the next call, those after
    it from the last.

    A layer counts a tensor that it reads for as long as it needs it: so a composite used as a step
    declares as borrowed those inputs that its callers use again.

    Attributes:
        steps: the forward pass, in order. A step may write a name anew, one that it reads included.
        tensors: every tensor that is live around a step that is not its own, by name.
        borrowed: names of inputs that outlive the composite.
    """

    steps: tuple[Step, ...] = field(converter=_in_order)
    tensors: Mapping[str, Tensor] = field(factory=dict)
    borrowed: tuple[str, ...] = field(default=(), converter=_names)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The steps as edges, each with the bytes held around it; those of one name as one.

        Raises:
            UnknownNameError: a tensor is live around a step, and nobody says of what size.
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
        """The names of layers that are called more than once."""
        counts = Counter(step.name for step in self.steps)
        return {name for name, count in counts.items() if count > 1}

    def _live(self) -> list[int]:
        """Around each step, the bytes of the tensors that are live and not its own."""
        used_later: set[str] = set()
        around = []
        for step in reversed(self.steps):
            names = used_later.union(self.borrowed, step.keeps).difference(step.reads, step.writes)
            around.append(sum(self._size(name) for name in sorted(names)))
            used_later.difference_update(step.writes)
            used_later.update(step.reads)
        return around[::-1]

    def _cached(self) -> list[int]:
        """Around each step, the bytes that the other steps have cached.

        Of several copies the last has most around it: none keeps less than it had.
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
    """A layer that is made of others, and only states how: its forward pass. Its parts follow."""

    @property
    @abstractmethod
    def forward(self) -> Forward:
        """The steps of one call."""

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The parts, in execution order."""
        return self.forward.children

    @cached_property
    def cached_bytes(self) -> int:
        """What its parts have cached when a call begins."""
        return sum([child.copies * child.layer.cached_bytes for child in self.children])

    @cached_property
    def kept_bytes(self) -> int:
        """What its parts have cached when the call is done."""
        return sum([child.copies * child.layer.kept_bytes for child in self.children])
