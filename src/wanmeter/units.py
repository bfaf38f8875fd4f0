"""Human-readable counts and bytes, exact to the last digit shown."""

from collections.abc import Mapping
from types import MappingProxyType

TERA = 10**12
GIB = 2**30

FLOPS: Mapping[str, int] = MappingProxyType(
    {"FLOP": 1, "kFLOP": 10**3, "MFLOP": 10**6, "GFLOP": 10**9}
    | {"TFLOP": TERA, "PFLOP": 10**15, "EFLOP": 10**18, "ZFLOP": 10**21}
)
"""Units of work, powers of 1,000, ascending."""

TRAFFIC: Mapping[str, int] = MappingProxyType(
    {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
    | {"TB": TERA, "PB": 10**15, "EB": 10**18, "ZB": 10**21}
)
"""Units of bytes moved, powers of 1,000, ascending: those in which devices state what they move a second."""

BYTES: Mapping[str, int] = MappingProxyType(
    {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": GIB}
    | {"TiB": 2**40, "PiB": 2**50, "EiB": 2**60, "ZiB": 2**70}
)
"""Units of memory, powers of 1,024, ascending."""

NUMBERS: Mapping[str, int] = MappingProxyType(
    {"": 1, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
)
"""Names of powers of 1,000, ascending."""


def unit_for(value: int, units: Mapping[str, int]) -> str:
    """The largest unit that is at most `value`, or else the smallest unit."""
    fitting = [name for name, size in units.items() if value >= size]
    return fitting[-1] if fitting else next(iter(units))


def readable(value: int, units: Mapping[str, int]) -> str:
    """`value` to four significant digits, in the largest unit that fits: `652.3 PFLOP`; zero is `0`."""
    if not value:
        return "0"
    unit = unit_for(value, units)
    digits, decimals = _four_digits(value, units[unit])
    # A value that rounds up to a larger unit is shown in it: 999,960 is 1.000 MFLOP, not 1,000 kFLOP.
    if (reached := unit_for(digits * units[unit] // 10**decimals, units)) != unit:
        unit = reached
        digits, decimals = _four_digits(value, units[unit])
    text = f"{digits // 10**decimals:,}"
    if decimals:
        text += f".{digits % 10**decimals:0{decimals}}"
    return f"{text} {unit}".rstrip()


def _four_digits(value: int, unit: int) -> tuple[int, int]:
    """`value / unit` to four digits, and the number of decimals among them."""
    decimals = 3 if unit > 1 else 0
    while (digits := _rounded(value * 10**decimals, unit)) >= 10**4 and decimals:
        decimals -= 1
    return digits, decimals


def ratio(value: float) -> str:
    """A unitless number, to four significant digits or to the nearest integer: `0.01235`, `37,800`."""
    if not value:
        return "0"
    exponent = int(f"{value:.3e}".partition("e")[2])
    return f"{value:,.{max(0, 3 - exponent)}f}" if exponent >= -4 else f"{value:.3e}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 frame`, `81 frames`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or f'{noun}s'}"


def share(value: int, total: int) -> str:
    """`value` in percent of `total`, to one decimal; `<0.1%` if it rounds to zero, `-` if it is zero."""
    tenths = _rounded(1000 * value, total) if value else 0
    if not tenths:
        return "<0.1%" if value else "-"
    return f"{tenths // 10}.{tenths % 10}%"


def change(first: int, second: int) -> str:
    """The signed change from `first` to `second` in percent of `first`, to one decimal; `new` if `first` is 0."""
    if first == second:
        return "0%"
    if not first:
        return "new"
    sign = "+" if second > first else "-"
    tenths = _rounded(1000 * abs(second - first), first)
    return f"{sign}{tenths // 10:,}.{tenths % 10}%" if tenths else f"{sign}<0.1%"


def _rounded(value: int, unit: int) -> int:
    """`value / unit` to the nearest integer, without floats: costs exceed their precision."""
    return (2 * value + unit) // (2 * unit)
