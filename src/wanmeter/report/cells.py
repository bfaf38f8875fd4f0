"""What tables say of a module and of a run, in units that read."""

from collections.abc import Mapping

from wanmeter.cost import StageCost
from wanmeter.report.row import Row
from wanmeter.units import BYTES, FLOPS, TRAFFIC, readable, share

COLUMNS = ("copies", "calls", "FLOPs", "share", "moved", "weights", "peak")
"""What a module's cells say."""


def cells(row: Row, total_flops: int, peak_bytes: int, *, exact: bool = False) -> tuple[str, ...]:
    """A module's cells, below `COLUMNS`."""
    costs = _costs(row.cost, total_flops, peak_bytes, exact)
    return f"{row.copies:,}", f"{row.calls:,}", *costs


def total_cells(total: StageCost, *, exact: bool = False) -> tuple[str, ...]:
    """The cells of a run."""
    return "", "", *_costs(total, total.flops, total.activation_bytes, exact)


def count(value: int, units: Mapping[str, int], exact: bool = False) -> str:
    """A count in the unit that reads, or with all its digits; `-` if it is zero."""
    if not value:
        return "-"
    return f"{value:,}" if exact else readable(value, units)


def _costs(cost: StageCost, total_flops: int, peak_bytes: int, exact: bool) -> tuple[str, ...]:
    return (
        count(cost.flops, FLOPS, exact),
        share(cost.flops, total_flops),
        count(cost.io_bytes, TRAFFIC, exact),
        count(cost.weight_bytes, BYTES, exact),
        count(peak_bytes, BYTES, exact),
    )
