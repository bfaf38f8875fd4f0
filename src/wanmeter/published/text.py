"""A validation as text, at most 80 columns wide: a table for each model and size, and the statistics."""

from collections.abc import Iterable
from textwrap import fill

from attrs import fields
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.published.row import Row
from wanmeter.published.statistics import Errors, Statistics
from wanmeter.published.validation import Validation
from wanmeter.report.table import plain_table
from wanmeter.units import counted

WIDTH = 80

UNITS = {"gib": "GiB", "seconds": "s"}

COLUMNS = {
    "GPUs": 14,
    "published": 9,
    "predicted": 9,
    "error": 8,
    "low": 7,
    "high": 7,
    "phase": 12,
}
"""What a row's cells say, with the width of their columns: all tables are aligned."""

MEANING = {
    "known": "workspace as assumed",
    "blind": "where it changes nothing",
    "band": "nothing known: band",
}


def render(validation: Validation) -> RenderableType:
    """Render every row, what was assumed, and the statistics of the covered rows."""
    tables: dict[str, dict[str, list[Row]]] = {}
    for row in validation.rows:
        tables.setdefault(row.source, {}).setdefault(_run(row), []).append(row)
    parts: list[RenderableType] = []
    for source, runs in tables.items():
        parts.append(Text(f"{source}, in {UNITS[validation.quantity]}", style="bold"))
        for run, rows in runs.items():
            parts += [Text(), Text(run, style="italic"), _table(rows)]
        parts.append(Text())
    covered = sum(row.covered for row in validation.rows)
    parts += [
        *(Text(fill(each, WIDTH, subsequent_indent="  ")) for each in validation.assumptions),
        Text(),
        Text(f"{covered} of {counted(len(validation.rows), 'row')} covered", style="bold"),
        _summary(validation.statistics),
    ]
    return Group(*parts)


def _run(row: Row) -> str:
    return f"{row.model}, {row.task}, {row.width}x{row.height}, {row.num_frames} frames"


def _table(rows: Iterable[Row]) -> Table:
    table = plain_table(*COLUMNS, left=["GPUs", "phase"])
    for column, width in zip(table.columns, COLUMNS.values(), strict=True):
        column.min_width = width
    for row in rows:
        predicted, low, high = map(_number, (row.predicted, row.low, row.high))
        table.add_row(
            f"{row.n_gpus} x {row.gpu}",
            f"{row.published:,}",
            predicted,
            _percent(row.error, signed=True),
            low,
            high,
            row.phase or "not covered",
        )
    return table


def _summary(statistics: Statistics) -> Table:
    left = "errors"
    table = plain_table(left, "rows", "exact", "mean", "largest", "range", left=[left])
    for attribute in fields(Statistics):
        errors: Errors = getattr(statistics, attribute.name)
        ends = [_percent(end, signed=True) for end in (errors.lowest, errors.highest)]
        table.add_row(
            MEANING[attribute.name],
            str(errors.rows),
            str(errors.exact),
            _percent(errors.mean_absolute),
            _percent(errors.largest_absolute),
            " to ".join(ends) if errors.rows else "-",
        )
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _percent(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{100 * value:+.2f}%" if signed else f"{100 * value:.2f}%"
