"""Writes a sweep as CSV or Parquet, chunk by chunk."""

import csv
import io
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import IO

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from wanmeter.api.sweep_table import Rows
from wanmeter.conventions import CONVENTIONS
from wanmeter.errors import InvalidValueError

Writer = Callable[[Iterable[Rows], IO[bytes]], None]


def write_csv(chunks: Iterable[Rows], file: IO[bytes]) -> None:
    """Write one line per row under a header. Counts are exact, however large."""
    first = True
    for rows in chunks:
        names = list(rows.columns)
        if rows.wide:
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
            lists = (_lowered(column) for column in rows.columns.values())
            writer.writerows(zip(*lists, strict=True))
            if first:
                file.write((",".join(names) + "\n").encode())
            file.write(text.getvalue().encode())
        else:
            options = arrow_csv.WriteOptions(include_header=first, quoting_header="none")
            arrow_csv.write_csv(_table(rows), file, options)
        first = False


def write_parquet(chunks: Iterable[Rows], file: IO[bytes]) -> None:
    """Write a table of 64-bit columns, with the conventions in its metadata.

    Raises:
        InvalidValueError: a count does not fit in 64 bits; the error names its row.
    """
    with ExitStack() as closing:  # an open writer would write again when collected
        writer: parquet.ParquetWriter | None = None
        for rows in chunks:
            _refuse_wide(rows)
            table = _table(rows)
            if writer is None:
                writer = closing.enter_context(parquet.ParquetWriter(file, table.schema))
            writer.write_table(table)


def _table(rows: Rows) -> pa.Table:
    meaning = {f"wanmeter.{key}": str(text) for key, text in CONVENTIONS.items()}
    return pa.table(rows.columns).replace_schema_metadata(meaning)


def _refuse_wide(rows: Rows) -> None:
    """Raise for the first row that has a count too large for 64 bits."""
    for i, number in enumerate(rows.numbers.tolist()):
        for name in rows.wide:
            if rows.columns[name][i] >= 2**63:
                where = f"row {number + 1:,}: {name}"
                allowed = "counts below 2^63 in Parquet; write CSV for larger ones"
                raise InvalidValueError(where, rows.columns[name][i], allowed)
        if not rows.wide:
            return


def _lowered(column: "np.ndarray[tuple[int], np.dtype[np.object_]]") -> list[object]:
    """A column's values for CSV; bools become `true` and `false`."""
    values: list[object] = column.tolist()
    if column.dtype == bool:
        return ["true" if value else "false" for value in values]
    return values
