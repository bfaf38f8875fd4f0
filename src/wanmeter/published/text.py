"""A validation as text: the statistics, then a table for each model and size."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from wanmeter.published.row import Row
from wanmeter.published.validation import Validation
from wanmeter.terminal import Answered, PlainTable, Prose
from wanmeter.units import counted

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
"""What a row's cells say, with the least width of their columns: all tables are aligned."""

DROPPED = ("phase", "high", "low")
"""Columns that a narrow terminal lacks, the first of them first."""

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
    """Render how far predictions are from what was published, what was assumed, and every row."""
    covered = sum(row.covered for row in validation.rows)
    count = f"{covered} of {counted(len(validation.rows), 'row')} covered"
    verdict = Prose(f"{count}{_error(validation)}", style="bold")
    parts: list[RenderableType] = [
        *map(Prose, _held(validation)),
        Text(),
        _summary(validation),
        Text(),
        *(Prose(each, hanging="  ") for each in validation.assumptions),
        *_official(validation),
        *_others(validation),
        Text(),
    ]
    return Answered(verdict, parts, verdict)


def _error(validation: Validation) -> str:
    """The mean error of all rows, as their overrides say."""
    known = validation.statistics["known"]
    if known.mean_absolute is None:
        return ""
    mean, largest = _percent(known.mean_absolute), _percent(known.largest_absolute)
    return f"; predictions are {mean} from what was published on average, {largest} at most"


def _official(validation: Validation) -> list[RenderableType]:
    """The cells of the official tables."""
    tables: dict[str, dict[str, list[Row]]] = {}
    for row in validation.rows:
        tables.setdefault(row.source, {}).setdefault(_run(row), []).append(row)
    parts: list[RenderableType] = []
    for source, runs in tables.items():
        parts += [Text(), Prose(f"{source}, in {UNITS[validation.quantity]}", style="bold")]
        for run, rows in runs.items():
            table = _table(rows, DECIMALS[validation.quantity], noted=len(parts) == 2)
            parts += [Text(), Prose(run, style="italic"), table]
    return parts


def _others(validation: Validation) -> list[RenderableType]:
    """Other published runs, and what nobody should believe. Statistics leave them out."""
    unit, decimals = UNITS[validation.quantity], DECIMALS[validation.quantity]
    parts: list[RenderableType] = []
    by_source: dict[str, list[Row]] = {}
    for row in validation.others:
        by_source.setdefault(row.source, []).append(row)
    if by_source:
        parts += [Text(), Prose(f"Other published runs, in {unit}", style="bold")]
    for source, rows in by_source.items():
        parts += [Text(), Prose(source, style="italic", hanging="  ")]
        runs: dict[str, list[Row]] = {}
        for row in rows:
            runs.setdefault(_run(row), []).append(row)
        for run, own in runs.items():
            parts += [Prose(run, style="italic"), _table(own, decimals, noted=False)]
    for each in validation.implausible:
        line = f"Not compared: {each.published:,} {unit}, {each.source}: {each.why}"
        parts += [Text(), Prose(line, hanging="  ")]
    return parts


def _held(validation: Validation) -> Iterator[str]:
    """How many published times are within their bands, and how wide these are."""
    if validation.quantity == "seconds" and (width := validation.median_half_width) is not None:
        made = validation.statistics["band"]
        yield (
            f"{made.exact} of {made.rows} are within their bands ({made.exact / made.rows:.0%}; 80 % is"
            f" claimed); the median half-width is {width:.1%}."
        )


def _run(row: Row) -> str:
    return f"{row.model}, {row.task}, {row.width}x{row.height}, {row.num_frames} frames"


def _table(rows: Iterable[Row], decimals: int, *, noted: bool) -> PlainTable:
    least = tuple(COLUMNS.values())
    table = PlainTable(
        tuple(COLUMNS), left=["GPUs", "phase"], drop=DROPPED, least=least, noted=noted
    )
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


def _summary(validation: Validation) -> PlainTable:
    columns = ("errors", "rows", "exact", "mean", "largest", "range")
    table = PlainTable(columns, left=["errors"], drop=["exact", "largest"])
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
