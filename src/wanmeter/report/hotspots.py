"""Where the cost of a run goes: its most expensive operators, and its classes of operators."""

from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.cost import StageCost
from wanmeter.report import Report, Row
from wanmeter.report.cells import count
from wanmeter.report.table import title
from wanmeter.terminal import PlainTable, Prose
from wanmeter.units import FLOPS, TRAFFIC, share


def hotspots(report: Report) -> list[Row]:
    """The operators of a run by FLOPs, then by bytes moved, the largest first.

    Ties stay in execution order.
    """
    operators = [row for row in report if row.kind is not None]
    return sorted(operators, key=lambda row: _rank(row.cost))


def by_kind(report: Report) -> list[tuple[str, int, StageCost]]:
    """The classes of operators, in the same order: name, number of rows, cost."""
    kinds: dict[str, list[StageCost]] = {}
    for row in report:
        if row.kind is not None:
            kinds.setdefault(row.kind, []).append(row.cost)
    totals = [(kind, len(costs), sum(costs, StageCost())) for kind, costs in kinds.items()]
    return sorted(totals, key=lambda each: _rank(each[2]))


def render_hotspots(report: Report, *, top: int, exact: bool = False) -> RenderableType:
    """The `top` operators and all classes, with their shares of the run."""
    operators = hotspots(report)
    rest = [row.cost for row in operators[top:]]
    columns = ("operator", "kind", "copies", "calls", *SHARES)
    modules = PlainTable(columns, left=["operator", "kind"], drop=DROPPED)
    for row in operators[:top]:
        given = (row.path, str(row.kind), f"{row.copies:,}", f"{row.calls:,}")
        modules.add_row(*given, *shares(row.cost, report.total, exact=exact))
    if rest:
        given = (f"{len(rest)} more", "", "", "")
        modules.add_row(*given, *shares(sum(rest, StageCost()), report.total, exact=exact))
    kinds = PlainTable(("kind", "operators", *SHARES), left=["kind"], drop=DROPPED_OF_KINDS)
    for kind, number, cost in by_kind(report):
        kinds.add_row(kind, str(number), *shares(cost, report.total, exact=exact))
    return Group(title(report), Text(), modules, Text(), kinds, Text(), Prose(FOOTER))


FOOTER = (
    "Numbers cover all copies and calls of an operator. Operators are sorted by FLOPs, then by bytes moved."
    " All conventions: `wanmeter dump`, docs/numbers.md."
)


def _rank(cost: StageCost) -> tuple[int, int]:
    return -cost.flops, -cost.io_bytes


SHARES = ("FLOPs", "share", "moved", "its share")

DROPPED = ("copies", "calls", "its share", "kind", "moved")
"""Columns of operators that a narrow terminal lacks, the first of them first."""

DROPPED_OF_KINDS = ("operators", "its share", "moved")


def shares(cost: StageCost, total: StageCost, *, exact: bool = False) -> tuple[str, ...]:
    """FLOPs and bytes moved, each with its share of the run, as text."""
    return (
        count(cost.flops, FLOPS, exact),
        share(cost.flops, total.flops),
        count(cost.io_bytes, TRAFFIC, exact),
        share(cost.io_bytes, total.io_bytes),
    )
