"""Columns as Arrow tables."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from wanmeter.errors import InvalidValueError
from wanmeter.sweeping.axes import Array, Columns
from wanmeter.sweeping.wide import WIDE, as_type

DECIMAL = pa.decimal128(38, 0)
"""The type of wide columns: integers of up to 38 digits."""


def table(
    columns: Columns, numbers: Array, wide: Iterable[str], about: Mapping[str, str]
) -> pa.Table:
    """Columns of rows with these numbers as a table; those named `wide` are decimals, `about` is its metadata.

    Raises:
        InvalidValueError: a count has more than 38 digits; the error names its row.
    """
    named = set(wide)
    made = {
        name: _decimals(name, column, numbers) if name in named else pa.array(column)
        for name, column in columns.items()
    }
    meta = {f"wanmeter.{name}": text for name, text in about.items()}
    return pa.table(made).replace_schema_metadata(meta)


def text_table(columns: Columns) -> pa.Table:
    """Columns as a table in which counts of any size have a text: decimals, or strings."""
    made = {
        name: pa.array(map(str, column)) if column.dtype == object else _array(column)
        for name, column in columns.items()
    }
    return pa.table(made)


def _array(column: Array) -> pa.Array:
    if column.dtype != WIDE:
        return pa.array(column)
    buffers = [None, pa.py_buffer(np.ascontiguousarray(column))]
    return pa.Array.from_buffers(DECIMAL, len(column), buffers)


def _decimals(name: str, column: Array, numbers: Array) -> pa.Array:
    if column.dtype != object:
        return _array(as_type(column, WIDE))
    for number, count in zip(numbers.tolist(), column, strict=True):
        if count >= 10**DECIMAL.precision:
            allowed = f"counts of up to {DECIMAL.precision} digits in Arrow; CSV takes larger ones"
            raise InvalidValueError(f"row {number + 1:,}: {name}", count, allowed)
    return pa.array(column.tolist(), DECIMAL)
