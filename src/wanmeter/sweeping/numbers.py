"""The numbers in which columns are evaluated: 64 bits, two limbs, or Python's ints where both may overflow."""

from collections.abc import Callable
from functools import reduce
from typing import Any, Union

import numpy as np
from attrs import frozen

from wanmeter.sweeping.axes import Array
from wanmeter.sweeping.grids import Grid, Sum, evaluated
from wanmeter.sweeping.wide import WIDE, fitted, of_ints

INT64_BELOW = 2**63
"""Counts whose bound is below are evaluated in 64 bits."""

LIMBS_BELOW = 2**98
"""Counts whose bound is below are evaluated in limbs: a float tells one from its neighbours 2^64 away."""

_INT, _FLOAT = np.dtype(np.int64), np.dtype(float)

Limb = Union[int, "Limbs"]


@frozen(eq=False)
class Limbs:
    """Counts below `LIMBS_BELOW`: exact modulo 2^64 in `low`, and nearly in `close`.

    int64 wraps around, so sums and products leave `low` exact. Each rounding of `close` loses at most 2^-53 of a sum
    whose terms add up to less than `LIMBS_BELOW`. No formula rounds 2^16 times, so `close` is less than 2^61 off,
    which tells the upper limb.
    """

    low: Any
    close: Any

    @classmethod
    def of(cls, column: Array) -> "Limbs":
        """Counts of 64 bits."""
        return cls(column, column.astype(float))

    @staticmethod
    def maximum(*values: Limb) -> "Limbs":
        """The maximum of values that fit in 64 bits."""
        return Limbs.of(maximum(*[_low(each) for each in values]))

    @staticmethod
    def crossed(columns: tuple[Limb, ...], *products: tuple[Limb, Limb]) -> "Limbs":
        """A sum of columns and products, not evaluated yet."""
        lows = [(_low(one), _low(other)) for one, other in products]
        closes = [(_close(one), _close(other)) for one, other in products]
        return Limbs(
            Sum(_INT, tuple(map(_low, columns)), tuple(lows)),
            Sum(_FLOAT, tuple(map(_close, columns)), tuple(closes)),
        )

    def __add__(self, other: Limb) -> "Limbs":
        return Limbs(self.low + _low(other), self.close + _close(other))

    __radd__ = __add__

    def __mul__(self, other: Limb) -> "Limbs":
        return Limbs(self.low * _low(other), self.close * _close(other))

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> "Limbs":
        """The quotients of values that fit in 64 bits."""
        return Limbs.of(self.low // divisor)

    def column(self) -> Array | Grid:
        """The counts: a grid of two limbs, or a column, of 64 bits if all fit."""
        if isinstance(self.low, Sum):
            return WideSum(self.low, self.close)
        column = np.empty(self.low.shape, dtype=WIDE)
        column["low"] = self.low.view(np.uint64)
        column["high"] = _high(self.low.copy(), self.close.copy(), np.empty_like(self.low))
        return fitted(column)


@frozen(eq=False)
class WideSum:
    """Counts of two limbs on a grid, from the sums of `Limbs`."""

    low: Sum
    close: Sum
    dtype = WIDE

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return self.low.shape

    def spare(self, shape: tuple[int, ...]) -> tuple[Array, ...]:
        """Memory for both sums and their products."""
        return tuple([each.spare(shape) for each in (self.low, self.close) for _ in range(2)])

    def put(self, rows: slice, place: Array, spare: tuple[Array, ...]) -> None:
        """Evaluate some rows into a place of wide counts, to whose shape they broadcast."""
        low, low_product, close, close_product = [each[: len(place)] for each in spare]
        self.low.put(rows, low, low_product)
        self.close.put(rows, close, close_product)
        place["low"] = low.view(np.uint64)
        place["high"] = _high(low, close, low_product)


def _high(low: Array, close: Array, high: Array) -> Array:
    """The upper limbs, put in `high`; changes all. As a signed number, a lower limb may be 2^64 too small."""
    close -= low
    close *= 2.0**-64
    np.copyto(high, np.rint(close, out=close), casting="unsafe")
    high += np.right_shift(low, 63, out=low)  # less 1 where the lower limb is negative
    return high


def _low(value: Limb) -> Any:
    """The lower limb: an int modulo 2^64, as a signed one of 64 bits."""
    return (value + 2**63) % 2**64 - 2**63 if isinstance(value, int) else value.low


def _close(value: Limb) -> Any:
    return float(value) if isinstance(value, int) else value.close


def maximum(*values: Any) -> Any:
    """The maximum of some columns or ints; ints alone may be of any size."""
    ints = [each for each in values if isinstance(each, int)]
    others = [evaluated(each) for each in values if not isinstance(each, int)]
    return reduce(np.maximum, others + ([max(ints)] if ints else []))


def added(columns: tuple[Any, ...], *products: tuple[Any, Any]) -> Any:
    """A sum of columns and products, evaluated at once."""
    return sum([one * other for one, other in products], sum(columns))


def _crossed(columns: tuple[Any, ...], *products: tuple[Any, Any]) -> Sum:
    return Sum(_INT, columns, products)


@frozen
class Numbers:
    """A kind of numbers: how they are made of 64-bit columns, compared, added up, and made a column again."""

    of: Callable[[Array], Any]
    maximum: Callable[..., Any]
    crossed: Callable[..., Any]
    column: Callable[[Any], Array | Grid]


INT64 = Numbers(
    lambda column: column,
    maximum,
    _crossed,
    lambda value: np.asarray(value) if isinstance(value, int) else value,
)
LIMBS = Numbers(
    Limbs.of,
    Limbs.maximum,
    Limbs.crossed,
    lambda value: of_ints(value) if isinstance(value, int) else value.column(),
)
PYTHON = Numbers(lambda column: column.astype(object), maximum, added, of_ints)


def numbers_for(bound: int, exact: int) -> Numbers:
    """The fastest numbers for values up to `bound`, and dividends and maxima up to `exact`."""
    if bound < INT64_BELOW:
        return INT64
    return LIMBS if bound < LIMBS_BELOW and exact < INT64_BELOW else PYTHON
