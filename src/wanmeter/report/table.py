"""A report for people: the tree of modules with its shares, in TFLOP and GiB."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.report.caption import caption
from wanmeter.report.report import Report, Row

TERA = 10**12
GIB = 2**30


def render(report: Report, *, depth: int) -> RenderableType:
    """A table of the modules down to `depth` levels below the stages, under a line that says what it is."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("module", no_wrap=True)
    for header in ("copies", "calls", "TFLOP", "share", "I/O GiB", "weights GiB", "peak act. GiB"):
        table.add_column(header, justify="right", no_wrap=True)
    held_above = {"": 0}
    for row in report.modules:
        held = held_above[row.path.rpartition("/")[0]] + row.held_bytes
        held_above[row.path] = held
        if row.depth <= depth:
            style = "bold" if row.depth == 0 else ""
            table.add_row(*_cells(row, report.total.flops, held), style=style)
    return Group(_title(report), Text(), table, Text(), _footer(report))


def _title(report: Report) -> Text:
    return Text(
        f"{caption(report.run)}; layer_impl={report.provenance.layer_impl}",
        style="bold",
    )


def _cells(row: Row, total_flops: int, held_bytes: int) -> tuple[str, ...]:
    cost = row.cost
    return (
        "  " * row.depth + row.name,
        str(row.copies),
        str(row.calls),
        _amount(cost.flops, TERA),
        _share(cost.flops, total_flops),
        _amount(cost.io_bytes, GIB),
        _amount(cost.weight_bytes, GIB),
        _amount(cost.activation_bytes + held_bytes, GIB),
    )


def _amount(value: int, unit: int) -> str:
    """`value` in `unit`s to three decimals; what would read as zero but is not, as `<0.001`."""
    thousandths = _rounded(1000 * value, unit)
    if not thousandths:
        return "<0.001" if value else "-"
    return f"{thousandths // 1000:,}.{thousandths % 1000:03}"


def _share(value: int, total: int) -> str:
    """`value` as a percentage of `total` to one decimal."""
    tenths = _rounded(1000 * value, total) if value else 0
    if not tenths:
        return "<0.1%" if value else "-"
    return f"{tenths // 10}.{tenths % 10}%"


def _rounded(value: int, unit: int) -> int:
    """`value / unit` to the nearest integer, exactly: floats end where costs do not."""
    return (2 * value + unit) // (2 * unit)


def _footer(report: Report) -> Text:
    total = report.total
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
        "inputs and weights once and writes its output once; attention scores never reach memory."
    )
