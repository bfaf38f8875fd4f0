"""Counts and bytes for people: exact to the last digit that is shown."""

TERA = 10**12
GIB = 2**30


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
