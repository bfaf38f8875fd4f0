"""The axes of a sweep, and its rows in blocks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import log, prod
from typing import Any

import numpy as np
from attrs import frozen

from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.models import Workload
from wanmeter.models.workload import VARIED
from wanmeter.validators import as_int

MAX_ROWS = 10**12
"""Limit of rows, exclusive: this many take a week and a hundred terabytes."""

MAX_VALUES = 10**7
"""Most values of an axis, unless it is an array: more is a mistyped range, or an endless iterator."""

Array = np.ndarray[Any, Any]

Values = Any
"""Values of an axis: an array, a range, any iterable, or a single number."""

Columns = Mapping[str, Array]
"""One array per workload field; together they broadcast to the rows of a block."""

MAX_BLOCK_ROWS = 2**17
"""Most rows of a block: enough that what is done once for each takes little time."""

MAX_ALONG = 2**15
"""Most values of a block's second axis: as a column they fit in the processor's cache."""

INNER_ROWS = 2**8
"""Length of a block's second axis, about: numpy is fast along it, and the first has as many values."""

SIZE = "size"
"""Axis of (width, height) pairs, which sets both columns."""


Axis = tuple[tuple[str, ...], tuple[Array, ...]]
"""Names of columns, and the array of each; all have one length."""


@frozen(kw_only=True)
class Block:
    """Consecutive rows of a sweep, from number `start`, as a grid of `shape` whose last axis varies fastest.

    A column has this shape, or a length of 1 along an axis on which it does not vary.
    """

    start: int
    shape: tuple[int, int]
    columns: Columns

    def __len__(self) -> int:
        """The number of rows."""
        return prod(self.shape)

    def row(self, number: int) -> dict[str, Any]:
        """The values of a row, by its number in the block."""
        at = divmod(number, self.shape[1])
        return {
            name: np.broadcast_to(column, self.shape)[at].item()
            for name, column in self.columns.items()
        }

    def only(self, wanted: Array) -> "Block":
        """Some of the rows: a grid if they are the crossings of some rows and columns, otherwise one long row."""
        across, along = (np.logical_or.reduce(wanted, axis=axis) for axis in (1, 0))
        if (wanted == across[:, np.newaxis] & along).all():
            columns = {name: crossings(each, across, along) for name, each in self.columns.items()}
            shape = int(across.sum()), int(along.sum())
        else:
            columns = {
                name: np.broadcast_to(each, self.shape)[wanted][np.newaxis]
                for name, each in self.columns.items()
            }
            shape = 1, int(wanted.sum())
        return Block(start=self.start, shape=shape, columns=columns)


@frozen(kw_only=True)
class Axes:
    """The axes of a sweep, taken in every combination. Zipped axes are one axis of several columns."""

    base: Workload
    axes: tuple[Axis, ...]

    @classmethod
    def of(cls, base: Workload, given: Mapping[str, Values], *, zipped: bool) -> "Axes":
        """Build the axes from `given` values; other columns keep the base workload's value.

        Raises:
            UnknownNameError: an axis that is neither a workload field nor `size`.
            InvalidValueError: an axis is empty and not zipped, or has values of the wrong type, zipped axes
                differ in length, or there are too many rows.
        """
        for name in given:
            if name not in (*VARIED, SIZE):
                raise UnknownNameError("axis", name, (*VARIED, SIZE))
        if SIZE in given and {"width", "height"} & set(given):
            raise InvalidValueError("sweep", sorted(given), "size, or width and height")
        axes = tuple(_axis(name, values, zipped=zipped) for name, values in given.items())
        lengths = {name: len(arrays[0]) for name, (_, arrays) in zip(given, axes, strict=True)}
        if zipped and axes:
            if len(set(lengths.values())) > 1:
                raise InvalidValueError("lengths of zipped axes", lengths, "equal lengths")
            names, arrays = (
                [each for part in parts for each in part] for parts in zip(*axes, strict=True)
            )
            axes = ((tuple(names), tuple(arrays)),)
        made = cls(base=base, axes=axes)
        if made.count >= MAX_ROWS:
            raise InvalidValueError("rows of the sweep", made.count, f"below {MAX_ROWS:,}")
        return made

    @property
    def count(self) -> int:
        """The number of rows."""
        return _count(self.axes)

    def blocks(self) -> Iterator[Block]:
        """All rows in order, the last axis fastest."""
        if not self.count:
            return
        outer, inner = self._halves()
        width = _count(inner)
        for rows in _pieces(_count(outer), MAX_BLOCK_ROWS // width if width <= MAX_ALONG else 1):
            for along in _pieces(width, MAX_ALONG):
                yield Block(
                    start=rows.start * width + along.start,
                    shape=(len(rows), len(along)),
                    columns={
                        **{name: np.array([[getattr(self.base, name)]]) for name in VARIED},
                        **{name: each[:, np.newaxis] for name, each in _taken(outer, rows)},
                        **{name: each[np.newaxis] for name, each in _taken(inner, along)},
                    },
                )

    def _halves(self) -> tuple[Sequence[Axis], Sequence[Axis]]:
        """The axes of the blocks' first axis, and those of the second, of which `INNER_ROWS` are nearest."""

        def distance(at: int) -> float:
            return abs(log(_count(self.axes[at:]) / INNER_ROWS))

        at = min(range(len(self.axes)), key=distance, default=0)
        return self.axes[:at], self.axes[at:]


def crossings(column: Array, across: Any, along: Any) -> Array:
    """A column in some places of both axes; along one of length 1, it is the same everywhere."""
    column = column if column.shape[0] == 1 else column[across]
    return column if column.shape[1] == 1 else column[:, along]


def _count(axes: Sequence[Axis]) -> int:
    """The number of combinations of some axes."""
    return prod([len(arrays[0]) for _, arrays in axes])


def _pieces(count: int, most: int) -> Iterator[range]:
    """Ranges of about equal lengths, `most` at most, that make up a count."""
    pieces = -(-count // most)
    for piece in range(pieces):
        yield range(count * piece // pieces, count * (piece + 1) // pieces)


def _taken(axes: Sequence[Axis], rows: range) -> Iterator[tuple[str, Array]]:
    """The columns of some axes at some of their combinations, of which the last axis is the fastest."""
    at = np.arange(rows.start, rows.stop)
    for names, arrays in reversed(axes):
        at, here = np.divmod(at, len(arrays[0]))
        for name, array in zip(names, arrays, strict=True):
            yield name, array[here]


def _axis(name: str, given: Values, *, zipped: bool) -> Axis:
    values = _values(name, given)
    if not len(values) and not zipped:  # a table of workloads may be empty
        raise InvalidValueError(f"sweep.{name}", given, "one value or more")
    if name != SIZE:
        return (name,), (_array(name, values),)
    for each in values:
        paired = isinstance(each, list | tuple) or (isinstance(each, np.ndarray) and each.ndim)
        if not paired or len(each) != 2:
            raise InvalidValueError("sweep.size", each, "pairs of a width and a height")
    widths, heights = zip(*values, strict=True) if len(values) else ((), ())
    return ("width", "height"), (_array("width", widths), _array("height", heights))


def _values(name: str, given: Values) -> Values:
    """Convert to a sequence; a single number becomes a list of one."""
    if isinstance(given, np.ndarray):
        return given if given.ndim else [given[()]]
    if isinstance(given, int | np.generic):
        return [given]
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        raise InvalidValueError(f"sweep.{name}", given, "a list of values")
    most = MAX_VALUES + 1
    values = given[:most] if isinstance(given, range) else list(islice(given, most))
    if len(values) > MAX_VALUES:
        raise InvalidValueError(f"sweep.{name}", given, f"at most {MAX_VALUES:,} values")
    return values


def _array(name: str, values: Values) -> Array:
    """Convert values to an array of 64-bit ints or of bools, without coercion."""
    wanted = bool if name == "guidance" else int
    if type(values) is np.ndarray and values.ndim == 1 and _exact(values.dtype, wanted):
        return values.astype(wanted)
    if (
        isinstance(values, range)
        and wanted is int
        and all(map(_fit, (values[0], values[-1], values.step)))
    ):
        return values.start + values.step * np.arange(len(values), dtype=np.int64)
    for value in values:
        # datetime64 and timedelta64 also have int items, but are not counts.
        counts = isinstance(value, np.generic) and value.dtype.kind in "biu"
        plain = (
            value.item() if counts else value if isinstance(value, np.generic) else as_int(value)
        )
        if type(plain) is not wanted or not _fit(plain):
            allowed = "true or false" if wanted is bool else "integers below 2^63"
            raise InvalidValueError(f"sweep.{name}", value, allowed)
    return np.asarray(values, dtype=wanted)


def _fit(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _exact(dtype: "np.dtype[Any]", wanted: type) -> bool:
    """Whether every value of a dtype fits the wanted type."""
    return dtype.kind == "b" if wanted is bool else dtype.kind in "iu" and dtype != np.uint64
