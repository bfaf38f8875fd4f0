"""The ticks of an axis: few, with short labels."""

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

MAX_INTERVALS = 5
"""Most intervals on an axis."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number_ticks(axis: Axis, *, whole: bool = False) -> None:
    """Label a linear axis with round numbers; only integers if `whole`."""
    axis.set_major_locator(MaxNLocator(nbins=MAX_INTERVALS, integer=whole, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))


def power_ticks(*axes: Axis) -> None:
    """Label logarithmic axes with powers of ten, written out if all are short."""
    ends = [axis.get_view_interval() for axis in axes]
    written = all(low >= 10**-3 and high < 10**5 for low, high in ends)
    for axis in axes:
        axis.set_major_locator(LogLocator(numticks=MAX_INTERVALS))
        axis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:,.12g}" if written else power(value))
        )
        axis.set_minor_formatter(NullFormatter())


def compact(value: float) -> str:
    """A number such as `1,200`; from a million, `1.2x10⁶`."""
    if abs(value) < 10**6:
        return f"{value:,.12g}"
    mantissa, _, _ = f"{value:.3e}".partition("e")
    factor = f"{float(mantissa):g}"
    return power(value) if factor == "1" else f"{factor}x{power(value)}"


def power(value: float) -> str:
    """The power of ten of a number: `10⁶`."""
    exponent = int(f"{value:.3e}".partition("e")[2])
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"
