"""A composite's forward pass as data: which step reads and writes which tensor.

From it follows what the composite keeps alive around each step, so that nobody counts by hand.
"""

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from wanmeter.errors import UnknownNameError
from wanmeter.layers.base import Child, Layer
from wanmeter.validation import tuple_of_names


@frozen
class Step:
    """One step of a forward pass: a layer and the names of the tensors that it reads and writes.

    `keeps` names tensors that stay alive meanwhile for a reason that reads and writes do not show:
    where several `copies` run, what the copies before made, say.
    """

    name: str
    layer: Layer
    reads: tuple[str, ...] = field(kw_only=True, default=(), validator=tuple_of_names)
    writes: tuple[str, ...] = field(kw_only=True, default=(), validator=tuple_of_names)
    keeps: tuple[str, ...] = field(kw_only=True, default=(), validator=tuple_of_names)
    copies: int = field(kw_only=True, default=1)


def dataflow(
    steps: Iterable[Step], *, tensors: Mapping[str, int], borrowed: Iterable[str] = ()
) -> tuple[Child, ...]:
    """The children of a composite, each with the bytes held around it.

    A tensor is live from the step that writes it (from the start, if it is an input of the composite)
    to the last step that reads it. A `borrowed` input is live throughout: the caller uses it again.
    Around a step the composite holds whatever is live and is not the step's own to count.

    A layer counts a tensor that it reads for as long as it needs it: so a composite used as a step
    declares as borrowed those inputs that its callers use again.

    Args:
        steps: the forward pass, in order. A step may write a name anew, one that it reads included.
        tensors: bytes of every tensor that is live around a step that is not its own, by name.
        borrowed: names of inputs that outlive the composite.

    Raises:
        UnknownNameError: a tensor is live around a step, and nobody says of what size.
    """
    steps, kept = tuple(steps), (borrowed,) if isinstance(borrowed, str) else tuple(borrowed)
    reads = (name for step in steps for name in (*step.reads, *step.keeps))
    names = tuple(dict.fromkeys([*kept, *reads]))

    def used_after(i: int, name: str) -> bool:
        for step in steps[i + 1 :]:
            if name in step.reads:
                return True
            if name in step.writes:
                return False
        return False

    def held_around(i: int, step: Step) -> int:
        own = {*step.reads, *step.writes}
        return sum(
            size(name)
            for name in names
            if name not in own and (name in kept or name in step.keeps or used_after(i, name))
        )

    def size(name: str) -> int:
        if name not in tensors:
            raise UnknownNameError("tensor", name, tuple(tensors))
        return tensors[name]

    return tuple(
        Child(
            name=step.name,
            layer=step.layer,
            copies=step.copies,
            held_bytes=held_around(i, step),
        )
        for i, step in enumerate(steps)
    )
