"""Checks that a report is consistent: every parent follows from its children."""

from collections.abc import Iterator

from attrs import asdict, frozen

from wanmeter.cost import StageCost
from wanmeter.report.row import Reported, Row

Stated = tuple[str, str, int, int]
"""A parent's path, a field, the value that the report states, and the value from the children."""


@frozen
class Flaw:
    """A number that does not follow from its parts, and the path of its module, or `total`."""

    path: str
    problem: str


def flaws(report: Reported) -> Iterator[Flaw]:
    """Find the numbers that show that a report was edited or damaged."""
    for path, field, stated, given in parents(report):
        if stated != given:
            yield Flaw(path, f"{field} is {stated:,}, but its parts give {given:,}")


def parents(report: Reported) -> Iterator[Stated]:
    """Every field of every parent and of the total, as stated and from the children."""
    children: dict[str, list[Row]] = {}
    for row in report.modules:
        children.setdefault(row.parent, []).append(row)
    costs = {"": report.total} | {row.path: row.cost for row in report.modules}
    for path, parts in children.items():
        stated = asdict(costs[path])
        given = asdict(sum((row.cost.holding(row.held_bytes) for row in parts), StageCost()))
        for field, value in stated.items():
            yield path or "total", field, value, given[field]
