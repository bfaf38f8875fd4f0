"""The numbers in which columns are evaluated: 64 bits, two limbs, or Python's ints where both may overflow."""

from collections.abc import Callable
from functools import reduce
from typing import Any, Union

import numpy as np
from attrs import frozen

from wanmeter.sweeping.axes import Array

WIDE = np.dtype([("low", np.uint64), ("high", np.int64)])
"""A count of two limbs, high * 2^64 + low; Arrow's decimal128 has the same bytes."""

INT64_BELOW = 2**63
"""Counts whose bound is below are evaluated in 64 bits."""

LIMBS_BELOW = 2**98
"""Counts whose bound is below are evaluated in limbs: a float tells one from its neighbours 2^64 away."""

WIDE_BITS = 126
"""Bits of the largest counts that two limbs hold, and decimals of 38 digits too."""

Limb = Union[int, "Limbs"]


@frozen(eq=False)
class Limbs:
    """A column of counts below `LIMBS_BELOW`: exact modulo 2^64 in `low`, and nearly in `close`.

    int64 wraps around, so sums and products leave `low` exact. Each rounding of `close` loses at most 2^-53 of a sum
    whose terms add up to less than `LIMBS_BELOW`. No formula rounds 2^16 times, so `close` is less than 2^61 off,
    which tells the upper limb.
    """

    low: Array
    close: Array

    @classmethod
    def of(cls, column: Array) -> "Limbs":
        """Counts of 64 bits."""
        return cls(column, column.astype(float))

    @staticmethod
    def maximum(*values: Limb) -> "Limbs":
        """The maximum of values that fit in 64 bits."""
        return Limbs.of(
            maximum(*[each.low if isinstance(each, Limbs) else each for each in values])
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


def maximum(*values: Any) -> Any:
    """The maximum of some columns or ints."""
    return reduce(np.maximum, values)


@frozen
class Numbers:
    """A kind of numbers: how they are made of 64-bit columns, compared, and made a column again."""

    of: Callable[[Array], Any]
    maximum: Callable[..., Any]
    column: Callable[[Any], Array]


def _narrowed(value: Any) -> Array:
    """A column of Python ints, of 64 bits or two limbs if all fit."""
    column = np.asarray(value, dtype=object)
    try:
        return column.astype(np.int64)
    except OverflowError:
        if column.max() >= 2**WIDE_BITS:
            return column
    wide = np.empty(column.shape, dtype=WIDE)
    wide["low"], wide["high"] = column & (2**64 - 1), column >> 64
    return wide


INT64 = Numbers(lambda column: column, maximum, np.asarray)
LIMBS = Numbers(
    Limbs.of,
    Limbs.maximum,
    lambda value: _narrowed(value) if isinstance(value, int) else value.column(),
)
PYTHON = Numbers(lambda column: column.astype(object), maximum, _narrowed)


def numbers_for(bound: int, exact: int) -> Numbers:
    """The fastest numbers for values up to `bound`, and dividends and maxima up to `exact`."""
    if bound < INT64_BELOW:
        return INT64
    return LIMBS if bound < LIMBS_BELOW and exact < INT64_BELOW else PYTHON


def as_ints(column: Array) -> Array:
    """A column of any of these types as one of Python ints."""
    if column.dtype != WIDE:
        return column.astype(object)
    ints: Array = column["high"].astype(object) * 2**64 + column["low"].astype(object)
    return ints


def is_wide(dtype: "np.dtype[Any]") -> bool:
    """Whether a column of a type has counts that may not fit in 64 bits."""
    return dtype == WIDE or dtype.hasobject


def wider(one: "np.dtype[Any]", other: "np.dtype[Any]") -> "np.dtype[Any]":
    """The type that holds the values of both: the same, or counts of 64 bits, limbs or Python ints."""
    if one == other:
        return one
    return np.dtype(object) if one.hasobject or other.hasobject else WIDE


def as_type(column: Array, dtype: "np.dtype[Any]") -> Array:
    """A column as one of the same type, or of a wider one."""
    if column.dtype == dtype:
        return column
    if dtype.hasobject:
        return as_ints(column)
    wide = np.zeros(column.shape, dtype=WIDE)
    wide["low"] = column.astype(np.int64, casting="safe")
    return wide
