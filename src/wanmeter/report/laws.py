"""The laws of the rows: every parent is what its children give, and so many copies are so many times one."""

from collections.abc import Iterator

from attrs import asdict

from wanmeter.cost import COUNTS, StageCost
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


def not_of_copies(report: Report) -> Iterator[tuple[str, int]]:
    """Rows whose cost is not so many times that of one copy, or whose parent's copies share them unevenly."""
    copies = {"": 1} | {row.path: row.copies for row in report}
    for row in report:
        costs = (getattr(row.cost, name) for name in COUNTS if name != "activation_bytes")
        if row.copies % copies[row.parent] or any(cost % row.copies for cost in costs):
            yield row.path, row.copies
