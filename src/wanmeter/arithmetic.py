"""The arithmetic that formulas are written in: `+ - * //` and the two helpers here.

Formulas use nothing else, and never the builtin `max` or `min`: they are polynomials and roundings of
their shapes, written once, and evaluated on whole numbers or on symbols that stand for them.
"""

from collections.abc import Iterable
from typing import Any


class Symbolic:
    """A count that is an expression in symbols. Formulas take it for an int; nothing that users see does."""

    __slots__ = ()

    def largest_of(self, values: Iterable[Any]) -> Any:
        """The largest of some counts, of which this is one."""
        raise NotImplementedError


def peak(*values: int) -> int:
    """The largest of some byte counts that are never live together; 0 if there are none."""
    for value in values:
        if isinstance(value, Symbolic):
            largest: int = value.largest_of(values)
            return largest
    return max(values, default=0)


def tensor_bytes(elements: int, bits: int) -> int:
    """Bytes of one tensor of `elements` elements of `bits` bits each, rounded up to whole bytes."""
    return -(-elements * bits // 8)
