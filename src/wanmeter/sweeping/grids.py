"""Values on a grid, which are evaluated tile by tile where they are put."""

from typing import Any, Protocol

import numpy as np
from attrs import frozen

from wanmeter.sweeping.axes import Array
from wanmeter.sweeping.wide import copy

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

    def spare(self, shape: tuple[int, int]) -> Any:
        """Memory to evaluate tiles of a shape, or of less rows."""
        ...

    def put(self, rows: slice, place: Array, spare: Any) -> None:
        """Evaluate some rows into a place of the same type, to whose shape they broadcast."""
        ...


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

    def spare(self, shape: tuple[int, int]) -> Array:
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


def put(values: Array | Grid, place: Array) -> None:
    """Put values into a place of the same type, or of a wider one, to whose shape they broadcast."""
    if isinstance(values, np.ndarray):
        copy(values, place)
        return
    many, along = max(TILE // place.shape[1], 1), place.shape[1]
    spare, same = values.spare((many, along)), place.dtype == values.dtype
    narrow = np.empty((0 if same else many, along), dtype=values.dtype)
    for start in range(0, len(place), many):
        rows = slice(start, start + many)
        tile = place[rows]
        if same:
            values.put(rows, tile, spare)
        else:
            values.put(rows, narrow[: len(tile)], spare)
            copy(narrow[: len(tile)], tile)


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
