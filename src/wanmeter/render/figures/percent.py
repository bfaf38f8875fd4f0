"""Shares in percent, written alike in every figure."""

from wanmeter.units import share


def percent(part: float, whole: float) -> str:
    """A part in percent, without decimals: `58 %`."""
    of_whole = 100 * part / whole
    return f"{of_whole:.0f} %" if of_whole >= 0.5 else "<1 %"


def exact_percent(value: int, total: int) -> str:
    """A count in percent of another, to one decimal: `71.7 %`; `-` if it is zero."""
    return share(value, total).replace("%", " %")
