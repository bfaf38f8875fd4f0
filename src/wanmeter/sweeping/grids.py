"""Values on a grid, which are evaluated tile by tile where they are put."""

from functools import reduce
from typing import Any, Protocol

import numpy as np
from attrs import frozen

from wanmeter.sweeping.axes import Array
from wanmeter.sweeping.wide import copy, wider

TILE = 2**14
"""Values of a tile, about: it stays in the processor's nearest caches until all its terms are added up."""


class Grid(Protocol):
    """Values along two axes that are not evaluated yet."""

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The type of the values."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        ...

    def spare(self, shape: tuple[int, ...]) -> Any:
        """Memory to evaluate tiles of a shape, or of less rows."""
        ...

    def put(self, rows: slice, place: Array, spare: Any) -> None:
        """Evaluate some rows into a place of the same type, to whose shape they broadcast."""
        ...


Values = Array | Grid


@frozen(eq=False)
class Sum:
    """A sum of products of a column along each axis, and of columns along one.

    A column is an array of two axes, or an int.
    """

    dtype: "np.dtype[Any]"
    columns: tuple[Any, ...]
    products: tuple[tuple[Any, Any], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        factors = [each for factors in self.products for each in factors]
        return np.broadcast_shapes(*map(np.shape, [*self.columns, *factors]))

    def spare(self, shape: tuple[int, ...]) -> Array:
        """Memory for one product."""
        return np.empty(shape, dtype=self.dtype)

    def put(self, rows: slice, place: Array, spare: Array) -> None:
        """Evaluate some rows into a place of the same type, to whose shape they broadcast."""
        product, add = place, False
        for one, other in self.products:
            np.multiply(_at(one, rows), _at(other, rows), out=product)
            if add:
                place += product
            product, add = spare[: len(place)], True
        for column in self.columns:
            place += _at(column, rows)

    def __floordiv__(self, divisor: int) -> Array:
        quotients: Array = evaluated(self) // divisor
        return quotients


@frozen(eq=False)
class Pieces:
    """Values of which some are in one place, others in another: each piece at the crossings of some rows and columns.

    Rows are ascending indices; columns are a slice of all, or indices.
    """

    shape: tuple[int, int]
    pieces: tuple[tuple[Array, Any, Values], ...]

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The type that holds all values."""
        return reduce(wider, [values.dtype for _, _, values in self.pieces])

    def spare(self, shape: tuple[int, ...]) -> list[tuple[Array, Any]]:
        """Memory for each piece in a tile, and what its values need."""
        found, dtype = [], self.dtype
        for _, along, values in self.pieces:
            piece = np.empty(shape, dtype=dtype)[:, along]
            found.append((piece, _spare(values, dtype, piece.shape)))
        return found

    def put(self, rows: slice, place: Array, spare: list[tuple[Array, Any]]) -> None:
        """Evaluate some rows into a place of the same type."""
        for (across, along, values), (piece, beside) in zip(self.pieces, spare, strict=True):
            start, stop = np.searchsorted(across, (rows.start, rows.stop))
            at = across[start:stop] - rows.start
            if not len(at):
                continue
            if isinstance(along, slice) and at[-1] - at[0] == len(at) - 1:  # neighbours
                there = place[at[0] : at[-1] + 1]
                _put_rows(values, slice(start, stop), there, beside)
            else:
                there = piece[: len(at)]
                _put_rows(values, slice(start, stop), there, beside)
                place[at if isinstance(along, slice) else np.ix_(at, along)] = there


def put(values: Values, place: Array) -> None:
    """Put values into a place of the same type, or of a wider one, to whose shape they broadcast."""
    if isinstance(values, np.ndarray):
        copy(values, place)
        return
    many = max(TILE // place.shape[1], 1)
    spare = _spare(values, place.dtype, (many, place.shape[1]))
    for start in range(0, len(place), many):
        rows = slice(start, start + many)
        _put_rows(values, rows, place[rows], spare)


def _spare(values: Values, dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> Any:
    """Memory for `_put_rows`, into places of such a type and shape, or of less rows."""
    if isinstance(values, np.ndarray):
        return None
    narrow = None if values.dtype == dtype else np.empty(shape, dtype=values.dtype)
    return narrow, values.spare(shape)


def _put_rows(values: Values, rows: slice, place: Array, spare: Any) -> None:
    if isinstance(values, np.ndarray):
        copy(_at(values, rows), place)
        return
    narrow, beside = spare
    if narrow is None:
        values.put(rows, place, beside)
    else:
        values.put(rows, narrow[: len(place)], beside)
        copy(narrow[: len(place)], place)


def evaluated(values: Any) -> Any:
    """The values of a sum as an array; anything else as it is."""
    if not isinstance(values, Sum):
        return values
    array = np.empty(values.shape, dtype=values.dtype)
    put(values, array)
    return array


def _at(column: Any, rows: slice) -> Any:
    """What a column has in some rows; if it does not vary along the first axis, it is the same in all."""
    return column[rows] if isinstance(column, np.ndarray) and len(column) > 1 else column
