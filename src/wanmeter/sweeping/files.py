"""Writes a sweep as CSV or Parquet, block by block."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import IO

from pyarrow import csv, parquet

from wanmeter.sweeping.arrow import table, text_table
from wanmeter.sweeping.rows import Rows

Writer = Callable[[Iterable[Rows], IO[bytes]], None]


def write_csv(blocks: Iterable[Rows], file: IO[bytes]) -> None:
    """Write one line per row under a header. Counts are exact, however large."""
    first = True
    for rows in blocks:
        options = csv.WriteOptions(
            include_header=first, quoting_header="none", quoting_style="none"
        )
        csv.write_csv(text_table(rows.columns), file, options)
        first = False


def write_parquet(blocks: Iterable[Rows], file: IO[bytes], *, wide: Iterable[str] = ()) -> None:
    """Write a table of 64-bit columns; those named `wide` are decimals of 38 digits.

    Raises:
        InvalidValueError: a count has more than 38 digits; the error names its row.
    """
    with ExitStack() as closing:  # an open writer would write again when collected
        writer: parquet.ParquetWriter | None = None
        for rows in blocks:
            made = table(rows.columns, rows.numbers, {*wide, *rows.wide}, rows.about)
            if writer is None:
                writer = closing.enter_context(parquet.ParquetWriter(file, made.schema))
            writer.write_table(made)
