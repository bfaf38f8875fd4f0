"""Whether a report agrees with itself: every parent is what its children give."""

from collections.abc import Iterator

from attrs import asdict, frozen

from wanmeter.cost import StageCost
from wanmeter.report.row import Reported, Row

Stated = tuple[str, str, int, int]
"""The path of a parent, a field, what the report states, and what the children give."""


@frozen
class Flaw:
    """A number that is not what its parts give, and where: the path of a module, or `total`."""

    path: str
    problem: str


def flaws(report: Reported) -> Iterator[Flaw]:
    """What shows that a report was edited or damaged."""
    for path, field, stated, given in parents(report):
        if stated != given:
            yield Flaw(path, f"{field} is {stated:,}, and its parts give {given:,}")


def parents(report: Reported) -> Iterator[Stated]:
    """Every field of every parent, and of the total."""
    children: dict[str, list[Row]] = {}
    for row in report.modules:
        children.setdefault(row.parent, []).append(row)
    costs = {"": report.total} | {row.path: row.cost for row in report.modules}
    for path, parts in children.items():
        stated = asdict(costs[path])
        given = asdict(sum((row.cost.holding(row.held_bytes) for row in parts), StageCost()))
        for field, value in stated.items():
            yield path or "total", field, value, given[field]
