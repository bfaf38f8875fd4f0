"""The ticks of an axis: few, with short labels."""

from collections.abc import Callable, Mapping

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from wanmeter.units import unit_for

FEW = 5
"""Most intervals on an axis."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number_ticks(axis: Axis, *, whole: bool = False) -> None:
    """Label a linear axis with round numbers; only integers if `whole`."""
    axis.set_major_locator(MaxNLocator(nbins=FEW, integer=whole, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))


def power_ticks(axis: Axis) -> None:
    """Label a logarithmic axis with powers of ten, written out if all are short."""
    low, high = axis.get_view_interval()
    written = low >= 10**-3 and high < 10**6
    _logarithmic(axis, lambda value: f"{value:,.12g}" if written else power(value))


def amount_ticks(axis: Axis, units: Mapping[str, int]) -> None:
    """Label a logarithmic axis with amounts: `10 PFLOP`."""

    def label(value: float) -> str:
        unit = unit_for(round(value), units)
        count = value / units[unit]
        return f"{count:g} {unit}" if count < 10**4 else f"{power(value)} {next(iter(units))}"

    _logarithmic(axis, label)


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


def _logarithmic(axis: Axis, label: Callable[[float], str]) -> None:
    axis.set_major_locator(LogLocator(numticks=FEW))
    axis.set_major_formatter(FuncFormatter(lambda value, _: label(value)))
    axis.set_minor_formatter(NullFormatter())
