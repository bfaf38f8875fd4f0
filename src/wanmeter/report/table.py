"""A report as a text table: the tree of modules, in TFLOP and GiB."""

from textwrap import fill

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.conventions import NOT_MODELLED
from wanmeter.report import Report, Row
from wanmeter.units import GIB, TERA, amount, share

COLUMNS = ("copies", "calls", "TFLOP", "share", "I/O GiB", "weights GiB", "peak act. GiB")
"""What a module's cells say."""


def render(report: Report, *, depth: int) -> RenderableType:
    """Render the modules down to `depth` levels below the stages, with a title and the totals."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("module", no_wrap=True)
    for header in COLUMNS:
        table.add_column(header, justify="right", no_wrap=True)
    for row, peak_bytes in report.peaks:
        if row.depth <= depth:
            style = "bold" if row.depth == 0 else ""
            name = "  " * row.depth + row.name
            table.add_row(name, *cells(row, report.total.flops, peak_bytes), style=style)
    return Group(title(report), Text(), table, Text(), _footer(report))


def title(report: Report) -> Text:
    """What was costed, and by which backend."""
    return Text(
        f"{report.caption}; layer_impl={report.provenance.layer_impl}",
        style="bold",
    )


def cells(row: Row, total_flops: int, peak_bytes: int) -> tuple[str, ...]:
    """A module's cells, below `COLUMNS`."""
    cost = row.cost
    return (
        str(row.copies),
        str(row.calls),
        amount(cost.flops, TERA),
        share(cost.flops, total_flops),
        amount(cost.io_bytes, GIB),
        amount(cost.weight_bytes, GIB),
        amount(peak_bytes, GIB),
    )


def _footer(report: Report) -> Text:
    total = report.total
    left_out = fill(f"Not modelled: {'; '.join(NOT_MODELLED)}.", 94)
    return Text(
        f"FLOPs            {total.flops:>26,}\n"
        f"vector FLOPs     {total.vector_flops:>26,}\n"
        f"bytes moved      {total.io_bytes:>26,}\n"
        f"parameters       {total.params:>26,}\n"
        f"weight bytes     {total.weight_bytes:>26,}\n"
        f"peak activation  {total.activation_bytes:>26,}\n"
        f"KV cache         {total.kv_cache_bytes:>26,}\n\n"
        "1 TFLOP = 10^12 FLOPs; 1 GiB = 2^30 bytes. Numbers cover all copies and calls of a module;\n"
        "its peak activation includes what the modules around it keep alive. Each operator reads its\n"
        "inputs and weights once and writes its output once; attention scores never reach memory.\n"
        + left_out
    )
