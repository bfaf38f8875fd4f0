"""Exact decimals on the command line: 0.001 is one thousandth."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction

SMALLEST = Decimal("1e-18")
"""Smallest nonzero decimal accepted: an unbounded exponent could make a fraction of any length."""

LARGEST = Decimal("1e18")

MOST_CHARACTERS = 40
"""Longest decimal accepted, in characters."""


def exact(text: str) -> Fraction | None:
    """Parse a decimal; `None` if it is malformed, negative or out of bounds."""
    if len(text) > MOST_CHARACTERS:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or not (number == 0 or SMALLEST <= number <= LARGEST):
        return None
    return Fraction(number)
