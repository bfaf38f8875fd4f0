"""Decimals on the command line, kept exact: 0.001 is a thousandth."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction

SMALLEST = Decimal("1e-18")
"""The smallest that is not zero: the exponent is bounded, or a fraction could be too long to write down."""

LARGEST = Decimal("1e18")

MOST_CHARACTERS = 40
"""Of a decimal: between the bounds, twice as many digits as anybody has a use for."""


def exact(text: str) -> Fraction | None:
    """The number that a decimal states; `None` if it is none, is negative, or is out of bounds."""
    if len(text) > MOST_CHARACTERS:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or not (number == 0 or SMALLEST <= number <= LARGEST):
        return None
    return Fraction(number)
