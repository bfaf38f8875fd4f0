"""`Rows`: the rows of a sweep as columns, and a column that grows block by block."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import field, frozen

from wanmeter.errors import UnknownNameError
from wanmeter.models.workload import VARIED
from wanmeter.sweeping.axes import Array
from wanmeter.sweeping.grids import Grid, put
from wanmeter.sweeping.memory import memory
from wanmeter.sweeping.wide import WIDE, as_ints, as_type, fitted, is_wide, wider

if TYPE_CHECKING:
    import pandas
    import pyarrow

INT_BYTES = 48
"""Bytes of a Python int in a column: 8 of its place, 40 of the object."""


@frozen
class Skipped:
    """A row that the model cannot run: its number, from 0, and the reason."""

    row: int
    problem: str


@frozen(kw_only=True, repr=False, eq=False)
class Rows:
    """Rows of a sweep. `rows["flops"]` is a column of numbers; `columns` has all, the workload's first.

    Counts are 64-bit integers. numpy has no wider ones, so a column with larger counts has two limbs (`WIDE`);
    `rows[name]` makes Python ints of them, which takes time and memory, and `to_arrow` decimals. With counts of more
    than 126 bits a column has Python ints. Columns are read-only; one that does not vary is one value in memory.
    `numbers` are the rows' numbers in the sweep, from 0. `skipped` lists at most 1,000 skipped rows; `num_skipped`
    counts them all. `about` says what the numbers are of and mean, as JSON texts.
    """

    columns: dict[str, Array]
    numbers: Array
    num_skipped: int = 0
    skipped: tuple[Skipped, ...] = field(default=())
    about: Mapping[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Make all columns read-only."""
        for column in (*self.columns.values(), self.numbers):
            column.setflags(write=False)

    @property
    def wide(self) -> tuple[str, ...]:
        """Names of the columns with counts that do not fit in 64 bits."""
        return tuple(name for name, column in self.columns.items() if is_wide(column.dtype))

    def to_arrow(self, *, decimals: bool = False) -> "pyarrow.Table":
        """An Arrow table, with `about` in its metadata. Wide columns are decimals of 38 digits.

        With `decimals`, all results that are integers are: tables of several sweeps then have one schema.

        Raises:
            InvalidValueError: a count has more than 38 digits; the error names its row.
        """
        from wanmeter.sweeping.arrow import table

        results = [name for name in self.columns if name not in VARIED]
        counts = [name for name in results if self.columns[name].dtype != float]
        return table(self.columns, self.numbers, counts if decimals else self.wide, self.about)

    def to_pandas(self) -> "pandas.DataFrame":
        """A pandas frame. Wide columns have Arrow's decimals; for arithmetic, convert them (`astype(float)`).

        Raises:
            InvalidValueError: as of `to_arrow`.
        """
        import pandas

        arrow = self.to_arrow()
        wide = {arrow.schema.field(name).type for name in self.wide}
        return arrow.to_pandas(types_mapper={each: pandas.ArrowDtype(each) for each in wide}.get)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.numbers)

    def __getitem__(self, column: str) -> Array:
        """A column of numbers by name; `UnknownNameError` if there is none."""
        if column not in self.columns:
            raise UnknownNameError("column", column, tuple(self.columns))
        values = self.columns[column]
        return as_ints(values) if values.dtype == WIDE else values

    def __repr__(self) -> str:
        """The rows and columns, and how many were skipped."""
        skipped = f", {self.num_skipped:,} skipped" if self.num_skipped else ""
        return f"<Rows: {len(self):,} x {len(self.columns)} columns{skipped}>"


class Column:
    """A column of a known length that is filled in order. Takes memory once, and none if its values are equal."""

    def __init__(self, length: int, dtype: type = int) -> None:
        """Start empty; `dtype` is that of a column that stays so."""
        self._length, self._filled, self._dtype = length, 0, dtype
        self._values: Array | None = None

    def extend(self, values: Array | Grid, shape: tuple[int, int]) -> None:
        """Add the values of a block of this shape, to which they broadcast."""
        start, self._filled = self._filled, self._filled + shape[0] * shape[1]
        if isinstance(values, np.ndarray) and values.size == 1 and self._is_all(values):
            self._values = values.reshape(1)
            return
        put(values, self._widened(values.dtype, start)[start : self._filled].reshape(shape))

    def done(self) -> Array:
        """The column."""
        values = np.empty(0, dtype=self._dtype) if self._values is None else self._values
        return np.broadcast_to(fitted(values[: self._filled]), self._filled)

    def _is_all(self, value: Array) -> bool:
        """Whether the column has this one value so far, or nothing."""
        if self._values is None:
            return True
        alike = len(self._values) == 1 < self._length and self._values.dtype == value.dtype
        return alike and bool(self._values == value.reshape(1))

    def _widened(self, dtype: "np.dtype[Any]", filled: int) -> Array:
        """The column with room for values of a type."""
        given = self._values
        if given is None:
            self._values = memory.column(self._length, dtype)
        elif len(given) < self._length:
            self._values = memory.column(self._length, wider(given.dtype, dtype))
            self._values[:filled] = as_type(given, self._values.dtype)
        else:
            self._values = as_type(given, wider(given.dtype, dtype))
        return self._values
