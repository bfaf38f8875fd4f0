"""Where the cost of a run goes: its most expensive operators, and its classes of operators."""

from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.cost import StageCost
from wanmeter.report import Report, Row
from wanmeter.report.cells import UNITS
from wanmeter.report.table import plain_table, title
from wanmeter.units import GIB, TERA, amount, share


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


def render_hotspots(report: Report, *, top: int) -> RenderableType:
    """The `top` operators and all classes, with their shares of the run."""
    operators = hotspots(report)
    rest = [row.cost for row in operators[top:]]
    modules = plain_table("operator", "kind", "copies", "calls", *SHARES, left=["operator", "kind"])
    for row in operators[:top]:
        given = (row.path, str(row.kind), f"{row.copies:,}", f"{row.calls:,}")
        modules.add_row(*given, *shares(row.cost, report.total))
    if rest:
        given = (f"{len(rest)} more", "", "", "")
        modules.add_row(*given, *shares(sum(rest, StageCost()), report.total))
    kinds = plain_table("kind", "operators", *SHARES, left=["kind"])
    for kind, count, cost in by_kind(report):
        kinds.add_row(kind, str(count), *shares(cost, report.total))
    return Group(title(report), Text(), modules, Text(), kinds, Text(), Text(FOOTER))


FOOTER = (
    f"{UNITS} Numbers cover all copies and calls of an operator.\n"
    "Operators are sorted by FLOPs, then by bytes moved."
)


def _rank(cost: StageCost) -> tuple[int, int]:
    return -cost.flops, -cost.io_bytes


SHARES = ("TFLOP", "share", "I/O GiB", "share")


def shares(cost: StageCost, total: StageCost) -> tuple[str, ...]:
    """TFLOP and GiB moved, each with its share of the run, as text."""
    return (
        amount(cost.flops, TERA),
        share(cost.flops, total.flops),
        amount(cost.io_bytes, GIB),
        share(cost.io_bytes, total.io_bytes),
    )
