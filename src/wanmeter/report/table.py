"""A report as a text table: the stages and their largest modules, or the tree of modules."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.cost import StageCost
from wanmeter.models.registry import family_of
from wanmeter.report import Report, Row
from wanmeter.report.cells import COLUMNS, cells, total_cells
from wanmeter.terminal import PlainTable, Prose
from wanmeter.units import BYTES, FLOPS, NUMBERS, TRAFFIC, readable

DROPPED = ("copies", "calls", "weights", "moved", "peak", "share")
"""Columns that a narrow terminal lacks, the first of them first."""

LARGEST = 3
"""How many modules stand below the stages."""

LARGEST_DEPTH = 2
"""How deep they are: parts of blocks."""


def render(report: Report, *, depth: int | None = None, exact: bool = False) -> RenderableType:
    """Render the answer, the stages with the largest modules or all to a `depth` below them, and the total.

    With `exact`, all digits of every count are there.
    """
    # Stages have no copies.
    first = 0 if depth else 1
    table = PlainTable(("module", *COLUMNS[first:]), left=["module"], drop=DROPPED[first:])
    total = report.total
    for row, peak_bytes in _chosen(report, depth):
        shown = cells(row, total.flops, peak_bytes, exact=exact)
        table.add_row(_name(row, depth), *shown[first:], style="" if row.depth else "bold")
    table.add_row("total", *total_cells(total, exact=exact)[first:], style="bold")
    parts: list[RenderableType] = [title(report), _answer(report), Text(), table, Text()]
    if exact:
        parts += [_exactly(total), Text()]
    return Group(*parts, _footer(report))


def title(report: Report) -> Prose:
    """What was costed."""
    return Prose(report.caption, style="bold")


def _chosen(report: Report, depth: int | None) -> Iterator[tuple[Row, int]]:
    """The modules to show, each with its peak in bytes."""
    inner = [row for row in report if row.depth == LARGEST_DEPTH and row.cost.flops]
    largest = sorted(inner, key=lambda row: -row.cost.flops)[:LARGEST]
    paths = {row.path for row in largest}
    for row, peak_bytes in report.peaks:
        if row.depth <= (depth or 0) or (depth is None and row.path in paths):
            yield row, peak_bytes


def _name(row: Row, depth: int | None) -> str:
    """A module's name below its parent or, if parents are left out, its path below its stage."""
    if depth is None and row.depth:
        return f"  {row.path.partition('/')[2]}"
    return "  " * row.depth + row.name


def _answer(report: Report) -> Prose:
    total = report.total
    peak = max(report.stages, key=lambda row: row.cost.activation_bytes)
    kept = total.kv_cache_bytes
    cache = f"a KV cache of {readable(kept, BYTES)}; " if kept else ""
    return Prose(
        f"{readable(total.flops, FLOPS)}, and {readable(total.vector_flops, FLOPS)} of vector work;"
        f" {readable(total.io_bytes, TRAFFIC)} moved; {readable(total.params, NUMBERS)} parameters in"
        f" {readable(total.weight_bytes, BYTES)}; {cache}activations peak at"
        f" {readable(total.activation_bytes, BYTES)}, in {peak.path}."
    )


def _exactly(total: StageCost) -> PlainTable:
    table = PlainTable(("total", "exactly"), left=["total"])
    for name, value in (
        ("FLOPs", total.flops),
        ("vector FLOPs", total.vector_flops),
        ("bytes moved", total.io_bytes),
        ("parameters", total.params),
        ("weight bytes, of all stages", total.weight_bytes),
        ("peak activation bytes, of the largest stage", total.activation_bytes),
        ("KV cache bytes", total.kv_cache_bytes),
    ):
        table.add_row(name, f"{value:,}")
    return table


def _footer(report: Report) -> Group:
    lines = (
        "Numbers cover all copies and calls of a module. Each operator reads its inputs and weights once"
        " and writes its output once; a peak includes what the modules around keep alive. Time, casts and"
        " workspaces are not modelled. All conventions: `wanmeter dump`, docs/numbers.md.",
        "--depth N shows the tree of modules, --top N the largest operators, --exact all digits;"
        f" layer_impl={report.provenance.layer_impl}.",
    )
    return Group(*map(Prose, (*_otherwise(report), *lines)))


def _otherwise(report: Report) -> Iterator[str]:
    """What diffusers computes otherwise, where that changes the numbers above."""
    transformer, model = report.components.transformer, report.model
    per_token = transformer is not None and transformer.time_embedding == "per_token"
    if per_token and not family_of(model).official_run(model).time_per_token:
        yield "Time is embedded per token; for diffusers, set time_embedding=per_sample."
