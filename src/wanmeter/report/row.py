"""The rows of a report."""

from collections.abc import Iterator, Sequence

from attrs import asdict, field, frozen
from attrs.validators import optional

from wanmeter.cost import StageCost
from wanmeter.layers import Layer, OperatorKind, walk
from wanmeter.units import FLOPS, counted, readable
from wanmeter.validators import instance_of, non_negative_int, positive_int, text


@frozen(kw_only=True)
class Row:
    """One module of a report.

    `path` is slash-separated, the stage first. `cost` covers all its `copies` and all its `calls`. A
    parent's cost is the sum of its children's; its `activation_bytes` is the maximum of
    `activation_bytes + held_bytes` over them. `kind` is the class of an operator, `None` for a module
    that is made of others.
    """

    path: str = field(validator=text)
    copies: int = field(validator=positive_int)
    calls: int = field(validator=non_negative_int)
    kind: OperatorKind | None = field(validator=optional(instance_of(OperatorKind)))
    held_bytes: int = field(validator=non_negative_int)
    cost: StageCost = field(validator=instance_of(StageCost))

    @property
    def depth(self) -> int:
        """Levels below the stage; 0 for a stage."""
        return self.path.count("/")

    @property
    def stage(self) -> str:
        """The name of the module's stage."""
        return self.path.partition("/")[0]

    @property
    def parent(self) -> str:
        """The path of the parent; empty for a stage."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def __repr__(self) -> str:
        times = f"{counted(self.copies, 'copy', 'copies')}, {counted(self.calls, 'call')}"
        work = readable(self.cost.flops, FLOPS) if self.cost.flops else "no FLOPs"
        return f"<Row {self.path}: {times}, {work}>"


@frozen(kw_only=True)
class Provenance:
    """The backend and the version that computed a report."""

    layer_impl: str = field(validator=text)
    version: str = field(validator=text)


def rows(root: Layer) -> tuple[Row, ...]:
    """The modules below `root`, in execution order."""
    return tuple(
        Row(
            path=visit.path,
            copies=visit.copies,
            calls=visit.calls,
            kind=visit.kind,
            held_bytes=visit.held_bytes,
            cost=visit.cost,
        )
        for visit in walk(root)
    )


def parents(total: StageCost, modules: Sequence[Row]) -> Iterator[tuple[str, str, int, int]]:
    """Every field of every parent and of the total, as stated and as its children give it.

    Yields the parent's path or `total`, the field, and the two values. They differ only in a report that
    contradicts itself.
    """
    children: dict[str, list[Row]] = {}
    for row in modules:
        children.setdefault(row.parent, []).append(row)
    costs = {"": total} | {row.path: row.cost for row in modules}
    for path, parts in children.items():
        stated = asdict(costs[path])
        given = asdict(sum((row.cost.holding(row.held_bytes) for row in parts), StageCost()))
        for name, value in stated.items():
            yield path or "total", name, value, given[name]
