"""The numbers in which columns are evaluated: 64 bits, two limbs, or Python's ints where both may overflow."""

from collections.abc import Callable
from functools import reduce
from typing import Any, Union

import numpy as np
from attrs import frozen

from wanmeter.sweeping.axes import Array

WIDE = np.dtype([("low", np.uint64), ("high", np.int64)])
"""A count of two limbs, high * 2^64 + low; Arrow's decimal128 has the same bytes."""

MAX_INT64 = 2**62
"""Counts below are evaluated in 64 bits."""

MAX_WIDE = 2**104
"""Counts below are evaluated in limbs: a float tells one from its neighbours 2^64 away."""

Limb = Union[int, "Limbs"]


@frozen(eq=False)
class Limbs:
    """A column of counts below `MAX_WIDE`: exact modulo 2^64 in `low`, and nearly in `close`.

    int64 wraps around, so sums and products leave `low` exact. Each rounding of `close` loses at most 2^-53 of a sum
    whose terms add up to less than `MAX_WIDE`, and formulas round fewer than 2^10 times: `close` is less than 2^61
    off, which tells the upper limb.
    """

    low: Array
    close: Array

    @classmethod
    def of(cls, column: Array) -> "Limbs":
        """Counts of 64 bits."""
        return cls(column, column.astype(float))

    @staticmethod
    def largest(*values: Limb) -> "Limbs":
        """The maximum of values that fit in 64 bits."""
        return Limbs.of(
            largest(*[each.low if isinstance(each, Limbs) else each for each in values])
        )

    def __add__(self, other: Limb) -> "Limbs":
        if isinstance(other, int):
            return Limbs(self.low + _wrapped(other), self.close + other)
        return Limbs(self.low + other.low, self.close + other.close)

    __radd__ = __add__

    def __mul__(self, other: Limb) -> "Limbs":
        if isinstance(other, int):
            return Limbs(self.low * _wrapped(other), self.close * other)
        return Limbs(self.low * other.low, self.close * other.close)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> "Limbs":
        """The quotients of values that fit in 64 bits."""
        return Limbs.of(self.low // divisor)

    def column(self) -> Array:
        """The counts, of 64 bits if all fit."""
        low = self.low.view(np.uint64)
        high = np.rint((self.close - low) * 2.0**-64).astype(np.int64)
        if not high.any() and not (self.low < 0).any():
            return self.low
        column = np.empty(low.shape, dtype=WIDE)
        column["low"], column["high"] = low, high
        return column


def _wrapped(value: int) -> int:
    """An int modulo 2^64, as a signed one of 64 bits."""
    return (value + 2**63) % 2**64 - 2**63


def largest(*values: Any) -> Any:
    """The maximum of some columns or ints."""
    return reduce(np.maximum, values)


@frozen
class Numbers:
    """A kind of numbers: how they are made of 64-bit columns, compared, and made a column again."""

    of: Callable[[Array], Any]
    largest: Callable[..., Any]
    column: Callable[[Any], Array]


def _narrowed(value: Any) -> Array:
    """A column of Python ints, of 64 bits if all fit."""
    column = np.asarray(value, dtype=object)
    try:
        return column.astype(np.int64)
    except OverflowError:
        return column


INT64 = Numbers(lambda column: column, largest, np.asarray)
LIMBS = Numbers(
    Limbs.of,
    Limbs.largest,
    lambda value: _narrowed(value) if isinstance(value, int) else value.column(),
)
PYTHON = Numbers(lambda column: column.astype(object), largest, _narrowed)


def numbers_for(bound: int, exact: int) -> Numbers:
    """The fastest numbers for values up to `bound`, and dividends and maxima up to `exact`."""
    if bound < MAX_INT64:
        return INT64
    return LIMBS if bound < MAX_WIDE and exact < MAX_INT64 else PYTHON


def as_ints(column: Array) -> Array:
    """A column of any of these types as one of Python ints."""
    if column.dtype != WIDE:
        return column.astype(object)
    ints: Array = column["high"].astype(object) * 2**64 + column["low"].astype(object)
    return ints


def wider(one: "np.dtype[Any]", other: "np.dtype[Any]") -> "np.dtype[Any]":
    """The type that holds the counts of both: of 64 bits, limbs or Python ints."""
    types = (np.dtype(object), WIDE)
    return next((dtype for dtype in types if dtype in (one, other)), one)


def as_type(column: Array, dtype: "np.dtype[Any]") -> Array:
    """A column as one of the same type, or of a wider one."""
    if column.dtype == dtype:
        return column
    if dtype.hasobject:
        return as_ints(column)
    wide = np.zeros(column.shape, dtype=WIDE)
    wide["low"] = column
    return wide
