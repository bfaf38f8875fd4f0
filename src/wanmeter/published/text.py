"""A validation as text, at most 80 columns wide: a table for each model and size, and the statistics."""

from collections.abc import Iterable
from textwrap import fill

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.published.row import Row
from wanmeter.published.validation import Validation
from wanmeter.report.table import plain_table
from wanmeter.units import counted

WIDTH = 80

UNITS = {"gib": "GiB", "seconds": "s"}
DECIMALS = {"gib": 2, "seconds": 1}

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
    "gib": {
        "known": "workspace as assumed",
        "blind": "where it changes nothing",
        "band": "nothing known: band",
    },
    "seconds": {"known": "all", "band": "outside of the band"},
}
"""What the groups of rows are called."""


def render(validation: Validation) -> RenderableType:
    """Render every row, what was assumed, and the statistics of the covered rows."""
    decimals = DECIMALS[validation.quantity]
    tables: dict[str, dict[str, list[Row]]] = {}
    for row in validation.rows:
        tables.setdefault(row.source, {}).setdefault(_run(row), []).append(row)
    parts: list[RenderableType] = []
    for source, runs in tables.items():
        parts.append(Text(f"{source}, in {UNITS[validation.quantity]}", style="bold"))
        for run, rows in runs.items():
            parts += [Text(), Text(run, style="italic"), _table(rows, decimals)]
        parts.append(Text())
    if validation.others:
        parts += [*_others(validation), Text()]
    covered = sum(row.covered for row in validation.rows)
    parts += [
        *(Text(fill(each, WIDTH, subsequent_indent="  ")) for each in validation.assumptions),
        Text(),
        Text(f"{covered} of {counted(len(validation.rows), 'row')} covered", style="bold"),
        _summary(validation),
        *_held(validation),
    ]
    return Group(*parts)


def _others(validation: Validation) -> list[RenderableType]:
    """Other published runs, and what nobody should believe. Statistics leave them out."""
    unit, decimals = UNITS[validation.quantity], DECIMALS[validation.quantity]
    parts: list[RenderableType] = [Text(f"Other published runs, in {unit}", style="bold")]
    by_source: dict[str, list[Row]] = {}
    for row in validation.others:
        by_source.setdefault(row.source, []).append(row)
    for source, rows in by_source.items():
        runs = dict.fromkeys(_run(row) for row in rows)
        told = [source, *runs]
        parts += [
            Text(),
            *[Text(_filled(each), style="italic") for each in told],
            _table(rows, decimals),
        ]
    for each in validation.implausible:
        line = f"Not compared: {each.published:,} {unit}, {each.source}: {each.why}"
        parts += [Text(), Text(_filled(line))]
    return parts


def _filled(text: str) -> str:
    return fill(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _held(validation: Validation) -> list[RenderableType]:
    """How many published times are within their bands, and how wide these are."""
    if validation.quantity != "seconds" or (width := validation.median_half_width) is None:
        return []
    made = validation.statistics["band"]
    within = (
        f"{made.exact} of {made.rows} are within their bands ({made.exact / made.rows:.0%}; 80 % is"
        f" claimed); the median half-width is {width:.1%}."
    )
    return [Text(), Text(fill(within, WIDTH))]


def _run(row: Row) -> str:
    return f"{row.model}, {row.task}, {row.width}x{row.height}, {row.num_frames} frames"


def _table(rows: Iterable[Row], decimals: int) -> Table:
    table = plain_table(*COLUMNS, left=["GPUs", "phase"])
    for column, width in zip(table.columns, COLUMNS.values(), strict=True):
        column.min_width = width
    for row in rows:
        numbers = (row.predicted, row.low, row.high)
        predicted, low, high = (_number(each, decimals) for each in numbers)
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


def _summary(validation: Validation) -> Table:
    left = "errors"
    table = plain_table(left, "rows", "exact", "mean", "largest", "range", left=[left])
    for name, errors in validation.statistics.items():
        ends = [_percent(end, signed=True) for end in (errors.lowest, errors.highest)]
        table.add_row(
            MEANING[validation.quantity].get(name, name),
            str(errors.rows),
            str(errors.exact),
            _percent(errors.mean_absolute),
            _percent(errors.largest_absolute),
            " to ".join(ends) if errors.rows else "-",
        )
    return table


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:,.{decimals}f}"


def _percent(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{100 * value:+.2f}%" if signed else f"{100 * value:.2f}%"
