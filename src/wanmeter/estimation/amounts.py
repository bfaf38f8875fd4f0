"""Times and amounts of memory as text, as tables, pages and figures show them."""

from wanmeter.estimation.memory import Band, PhaseMemory
from wanmeter.estimation.terms import Seconds
from wanmeter.units import GIB

UNITS = ((7200.0, 3600.0, "h"), (120.0, 60.0, "min"), (0.1, 1.0, "s"))
"""From how many seconds on a unit is used, its size in seconds, and its name."""

MILLISECONDS = (1e-3, "ms")


def duration(seconds: Seconds) -> str:
    """A time with its band, in one unit: `31 min (29 to 33)`."""
    size, unit = _unit(seconds.value)
    decimals = _decimals(seconds.value / size)
    value, low, high = (f"{each / size:,.{decimals}f}" for each in seconds)
    return f"{value} {unit} ({low} to {high})"


def plain_duration(seconds: float) -> str:
    """A time in the unit that reads: `37.6 s`."""
    size, unit = _unit(seconds)
    return f"{_short(seconds / size)} {unit}"


def _unit(seconds: float) -> tuple[float, str]:
    return next(((size, unit) for least, size, unit in UNITS if seconds >= least), MILLISECONDS)


def _short(number: float) -> str:
    return f"{number:,.{_decimals(number)}f}"


def _decimals(number: float) -> int:
    return 0 if number >= 20 else 1 if number >= 1 else 2


def band_gib(band: Band) -> str:
    """A band in GiB: one number if both ends look the same."""
    low, high = gib(band.low), gib(band.high)
    return low if low == high else f"{low} to {high}"


def gib(size: int) -> str:
    """Bytes in GiB, to two decimals."""
    return f"{size / GIB:,.2f}"


PHASE_COLUMNS = ("weights", "activations", "held", "workspace", "peak GiB")
"""What a phase's cells say, in GiB."""


def phase_cells(phase: PhaseMemory) -> tuple[str, ...]:
    """A phase's cells, below `PHASE_COLUMNS`."""
    return (
        gib(phase.weights_bytes),
        gib(phase.activation_bytes),
        gib(phase.held_bytes),
        band_gib(phase.workspace_bytes),
        band_gib(phase.peak_bytes),
    )
