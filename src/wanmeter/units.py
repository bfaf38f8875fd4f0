"""Counts and bytes for people: exact to the last digit that is shown."""

from collections.abc import Mapping
from types import MappingProxyType

TERA = 10**12
GIB = 2**30

FLOPS: Mapping[str, int] = MappingProxyType(
    {"FLOP": 1, "kFLOP": 10**3, "MFLOP": 10**6, "GFLOP": 10**9}
    | {"TFLOP": TERA, "PFLOP": 10**15, "EFLOP": 10**18, "ZFLOP": 10**21}
)
"""Units of work, powers of 1,000, ascending."""

BYTES: Mapping[str, int] = MappingProxyType(
    {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": GIB}
    | {"TiB": 2**40, "PiB": 2**50, "EiB": 2**60, "ZiB": 2**70}
)
"""Units of memory and traffic, powers of 1,024, ascending."""


def unit_for(value: int, units: Mapping[str, int]) -> str:
    """The largest unit of which `value` has at least one; the smallest, where it has none."""
    fitting = [name for name, size in units.items() if value >= size]
    return fitting[-1] if fitting else next(iter(units))


def readable(value: int, units: Mapping[str, int]) -> str:
    """`value` in the unit that suits it, to four digits: `652.3 PFLOP`; nothing as `0`."""
    if not value:
        return "0"
    unit = unit_for(value, units)
    digits, decimals = _four_digits(value, units[unit])
    # 999,960 is not 1,000 kFLOP but 1.000 MFLOP: what rounds up to a unit is given in it.
    if (reached := unit_for(digits * units[unit] // 10**decimals, units)) != unit:
        unit = reached
        digits, decimals = _four_digits(value, units[unit])
    text = f"{digits // 10**decimals:,}"
    return f"{text}.{digits % 10**decimals:0{decimals}} {unit}" if decimals else f"{text} {unit}"


def _four_digits(value: int, unit: int) -> tuple[int, int]:
    """`value / unit` to four digits, and how many of them stand behind the point."""
    decimals = 3 if unit > 1 else 0
    while (digits := _rounded(value * 10**decimals, unit)) >= 10**4 and decimals:
        decimals -= 1
    return digits, decimals


def ratio(value: float) -> str:
    """A number without a unit, to four digits or to the last before the point: `0.01235`, `37,800`."""
    if not value:
        return "0"
    exponent = int(f"{value:.3e}".partition("e")[2])
    return f"{value:,.{max(0, 3 - exponent)}f}" if exponent >= -4 else f"{value:.3e}"


def counted(number: int, noun: str) -> str:
    """`1 frame`, `81 frames`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def amount(value: int, unit: int) -> str:
    """`value` in `unit`s to three decimals; what would read as zero but is not, as `<0.001`."""
    thousandths = _rounded(1000 * value, unit)
    if not thousandths:
        return "<0.001" if value else "-"
    return f"{thousandths // 1000:,}.{thousandths % 1000:03}"


def share(value: int, total: int) -> str:
    """`value` as a percentage of `total` to one decimal."""
    tenths = _rounded(1000 * value, total) if value else 0
    if not tenths:
        return "<0.1%" if value else "-"
    return f"{tenths // 10}.{tenths % 10}%"


def change(first: int, second: int) -> str:
    """From `first` to `second` as a signed percentage of `first` to one decimal; from nothing, `new`."""
    if first == second:
        return "0%"
    if not first:
        return "new"
    sign = "+" if second > first else "-"
    tenths = _rounded(1000 * abs(second - first), first)
    return f"{sign}{tenths // 10:,}.{tenths % 10}%" if tenths else f"{sign}<0.1%"


def _rounded(value: int, unit: int) -> int:
    """`value / unit` to the nearest integer, exactly: floats end where costs do not."""
    return (2 * value + unit) // (2 * unit)
