"""A report as a text table: the tree of modules, in TFLOP and GiB."""

from collections.abc import Collection
from textwrap import fill

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.conventions import NOT_MODELLED
from wanmeter.report import Report
from wanmeter.report.cells import COLUMNS, UNITS, cells


def render(report: Report, *, depth: int) -> RenderableType:
    """Render the modules down to `depth` levels below the stages, with a title and the totals."""
    table = plain_table("module", *COLUMNS, left=["module"])
    for row, peak_bytes in report.peaks:
        if row.depth <= depth:
            style = "bold" if row.depth == 0 else ""
            name = "  " * row.depth + row.name
            table.add_row(name, *cells(row, report.total.flops, peak_bytes), style=style)
    return Group(title(report), Text(), table, Text(), _footer(report))


def title(report: Report) -> Text:
    """What was costed, and by which backend."""
    return Text(f"{report.caption}; layer_impl={report.provenance.layer_impl}", style="bold")


def plain_table(*columns: str, left: Collection[str]) -> Table:
    """An empty table without lines; all columns but those at the `left` are aligned at the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column in left else "right", no_wrap=True)
    return table


def _footer(report: Report) -> Text:
    total = report.total
    left_out = fill(f"Not modelled: {'; '.join(NOT_MODELLED)}.", 94)
    return Text(
        f"FLOPs            {total.flops:>26,}\n"
        f"vector FLOPs     {total.vector_flops:>26,}\n"
        f"bytes moved      {total.io_bytes:>26,}\n"
        f"parameters       {total.params:>26,}\n"
        f"weight bytes     {total.weight_bytes:>26,}  of all stages\n"
        f"peak activation  {total.activation_bytes:>26,}  of the largest stage\n"
        f"KV cache         {total.kv_cache_bytes:>26,}\n\n"
        f"{UNITS} Numbers cover all copies and calls of a module;\n"
        "its peak activation includes what the modules around it keep alive. Each operator reads its\n"
        "inputs and weights once and writes its output once; attention scores never reach memory.\n"
        + left_out
    )
