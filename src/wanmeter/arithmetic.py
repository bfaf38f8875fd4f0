"""The arithmetic of cost formulas: `+ - * // %`, `peak`, `smallest` and `tensor_bytes`.

Formulas run on symbols as well as on ints, so they use nothing else, not even the builtin `max` or `min`.
"""

from collections.abc import Iterable
from typing import Any


class Symbolic:
    """A symbolic count. Formulas accept it in place of an int; user input must be an int."""

    __slots__ = ()

    def largest_of(self, values: Iterable[Any]) -> Any:
        """The largest of `values`; this count is one of them."""
        raise NotImplementedError


def peak(*values: int) -> int:
    """The largest of byte counts that are never live at once; 0 if there are none."""
    for value in values:
        if isinstance(value, Symbolic):
            largest: int = value.largest_of(values)
            return largest
    return max(values, default=0)


def smallest(first: int, *others: int) -> int:
    """The smallest of counts: `smallest(window, tiles)` where a formula would say `min`."""
    for other in others:
        first = first + other - peak(first, other)
    return first


def tensor_bytes(elements: int, bits: int) -> int:
    """Bytes of a tensor of `elements` elements of `bits` bits each, rounded up."""
    return -(-elements * bits // 8)
