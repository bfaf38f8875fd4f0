"""What tables say of a module and of a run, in TFLOP and GiB."""

from wanmeter.cost import StageCost
from wanmeter.report.row import Row
from wanmeter.units import GIB, TERA, amount, share

COLUMNS = ("copies", "calls", "TFLOP", "share", "I/O GiB", "weights GiB", "peak act. GiB")
"""What a module's cells say."""


UNITS = "1 TFLOP = 10^12 FLOPs; 1 GiB = 2^30 bytes."


def cells(row: Row, total_flops: int, peak_bytes: int) -> tuple[str, ...]:
    """A module's cells, below `COLUMNS`."""
    return (f"{row.copies:,}", f"{row.calls:,}", *_amounts(row.cost, total_flops, peak_bytes))


def _amounts(cost: StageCost, total_flops: int, peak_bytes: int) -> tuple[str, ...]:
    return (
        amount(cost.flops, TERA),
        share(cost.flops, total_flops),
        amount(cost.io_bytes, GIB),
        amount(cost.weight_bytes, GIB),
        amount(peak_bytes, GIB),
    )


def total_cells(total: StageCost) -> tuple[str, ...]:
    """The cells of a run."""
    return ("", "", *_amounts(total, total.flops, total.activation_bytes))
