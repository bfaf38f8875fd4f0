"""The law of the rows: every parent is what its children give."""

from collections.abc import Iterator

from attrs import asdict

from wanmeter.cost import StageCost
from wanmeter.report.report import Report, Row

Stated = tuple[str, str, int, int]
"""The path of a parent, a field, what the report states, and what the children give."""


def parents(report: Report) -> Iterator[Stated]:
    """Every field of every parent, and of the total."""
    children: dict[str, list[Row]] = {}
    for row in report:
        children.setdefault(row.parent, []).append(row)
    costs = {"": report.total} | {row.path: row.cost for row in report}
    for path, rows in children.items():
        stated = asdict(costs[path])
        given = asdict(sum((row.cost.holding(row.held_bytes) for row in rows), StageCost()))
        for field, value in stated.items():
            yield path or "total", field, value, given[field]
