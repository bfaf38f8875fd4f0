"""Counts beyond 64 bits in columns: as two limbs, or as Python's ints where even those are too small."""

from typing import Any

import numpy as np

from wanmeter.sweeping.axes import Array

WIDE = np.dtype([("low", np.uint64), ("high", np.int64)])
"""A count of two limbs, high * 2^64 + low; Arrow's decimal128 has the same bytes."""

WIDE_BITS = 126
"""Bits of the largest counts that two limbs hold, and decimals of 38 digits too."""

PIECE = 2**16
"""Counts that are looked at together: most columns tell in the last of them whether they are wide."""


def is_wide(dtype: "np.dtype[Any]") -> bool:
    """Whether a column of a type has counts that may not fit in 64 bits."""
    return dtype == WIDE or dtype.hasobject


def wider(one: "np.dtype[Any]", other: "np.dtype[Any]") -> "np.dtype[Any]":
    """The type that holds the values of both: the same, or counts of 64 bits, limbs or Python ints."""
    if one == other:
        return one
    return np.dtype(object) if one.hasobject or other.hasobject else WIDE


def as_ints(column: Array) -> Array:
    """A column of any of these types as one of Python ints."""
    if column.dtype != WIDE:
        return column.astype(object)
    ints: Array = column["high"].astype(object) * 2**64 + column["low"].astype(object)
    return ints


def as_type(column: Array, dtype: "np.dtype[Any]") -> Array:
    """A column as one of the same type, or of a wider one."""
    if column.dtype == dtype:
        return column
    made = np.empty(column.shape, dtype=dtype)
    copy(column, made)
    return made


def copy(column: Array, place: Array) -> None:
    """Put values into a place of the same type, or of a wider one, to whose shape they broadcast."""
    if column.dtype == place.dtype:
        place[...] = column
    elif place.dtype.hasobject:
        place[...] = as_ints(column)
    else:
        place["low"], place["high"] = column.astype(np.int64, casting="safe", copy=False), 0


def of_ints(value: Any) -> Array:
    """A column of Python ints, of 64 bits or two limbs if all fit."""
    column = np.asarray(value, dtype=object)
    try:
        return column.astype(np.int64)
    except OverflowError:
        if np.max(np.abs(column)) >= 2**WIDE_BITS:
            return column
    wide = np.empty(column.shape, dtype=WIDE)
    wide["low"], wide["high"] = column & (2**64 - 1), column >> 64
    return wide


def fitted(column: Array) -> Array:
    """A column of 64 bits if it has two limbs and all counts fit, otherwise the same one."""
    if column.dtype != WIDE:
        return column
    rows = column.reshape(-1)
    for stop in range(len(rows), 0, -PIECE):
        piece = rows[max(stop - PIECE, 0) : stop]
        if piece["high"].any() or (piece["low"] >= 2**63).any():
            return column
    return column["low"].astype(np.int64)
