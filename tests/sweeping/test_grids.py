"""A grid that is evaluated in tiles has the values of the whole sum at once."""

import numpy as np
import pytest

from wanmeter.sweeping.grids import TILE, Pieces, Sum, evaluated, put
from wanmeter.sweeping.numbers import INT64, LIMBS, added
from wanmeter.sweeping.wide import WIDE, as_ints

SHAPES = [(1, 1), (3, 2), (1, 2 * TILE + 1), (2 * TILE + 1, 1), (5, TILE // 2 - 1), (3, TILE + 1)]
"""Tiles of one row, of some, of all; and a last one that is not full."""


def columns_of(shape):
    along = [np.arange(1, shape[1] + 1)[np.newaxis] + shift for shift in (0, 5)]
    across = [np.arange(1, shape[0] + 1)[:, np.newaxis] * scale for scale in (1, 7)]
    return (across[0], along[0], 9), (across[0], along[1]), (across[1], along[0])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sum_is_the_same_in_tiles_and_at_once(shape):
    columns, *products = columns_of(shape)
    grid = INT64.crossed(columns, *products)
    assert grid.shape == shape
    assert evaluated(grid).tolist() == added(columns, *products).tolist()


@pytest.mark.parametrize("dtype", [np.dtype(np.int64), WIDE, np.dtype(object)])
def test_a_sum_is_put_into_wider_places(dtype):
    shape = SHAPES[4]
    columns, *products = columns_of(shape)
    place = np.empty(shape, dtype=dtype)
    put(INT64.crossed(columns, *products), place)
    assert as_ints(place).tolist() == added(columns, *products).tolist()


@pytest.mark.parametrize("dtype", [WIDE, np.dtype(object)])
@pytest.mark.parametrize("shape", SHAPES)
def test_limbs_are_exact_in_every_tile(shape, dtype):
    """Counts on both sides of 2^63 and 2^64, and their Python ints."""
    columns, *products = columns_of(shape)
    (one, other), *rest = products
    big = 2**50 + 3
    ints = added(
        tuple(as_ints(each) if isinstance(each, np.ndarray) else each for each in columns),
        (as_ints(one) * big, as_ints(other)),
        *[(as_ints(a), as_ints(b)) for a, b in rest],
    )
    limbs = LIMBS.crossed(
        tuple(LIMBS.of(each) if isinstance(each, np.ndarray) else each for each in columns),
        (LIMBS.of(one) * big, LIMBS.of(other)),
        *[(LIMBS.of(a), LIMBS.of(b)) for a, b in rest],
    )
    place = np.empty(shape, dtype=dtype)
    put(LIMBS.column(limbs), place)
    assert as_ints(place).tolist() == ints.tolist()


def test_a_sum_that_varies_along_one_axis_fills_the_other():
    grid = INT64.crossed((np.array([[4]]),), (np.array([[2]]), np.array([[1, 10]])))
    assert isinstance(grid, Sum)
    place = np.empty((3, 2), dtype=np.int64)
    put(grid, place)
    assert place.tolist() == [[6, 24]] * 3


def parts_of(shape):
    """Three parts: the even rows, and of the odd ones some columns and the others."""
    rows, columns = np.arange(shape[0]), np.arange(shape[1])
    odd = rows[1::2]
    return [
        (rows[::2], slice(None)),
        (odd, columns[columns % 3 == 0]),
        (odd, columns[columns % 3 > 0]),
    ]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", [np.dtype(np.int64), WIDE, np.dtype(object)])
def test_pieces_are_put_where_they_belong(shape, place):
    """A sum, a column and a single value."""
    columns, *products = columns_of(shape)
    whole = added(columns, *products)
    (even, every), (odd, some), (_, others) = parts_of(shape)
    pieces = Pieces(
        shape,
        (
            (even, every, INT64.crossed((), *[(one[even], other) for one, other in products])),
            (odd, some, whole[np.ix_(odd, some)]),
            (odd, others, np.array([[7]])),
        ),
    )
    wanted = added((), *products)
    wanted[np.ix_(odd, some)] = whole[np.ix_(odd, some)]
    wanted[np.ix_(odd, others)] = 7
    made = np.empty(shape, dtype=place)
    put(pieces, made)
    assert as_ints(made).tolist() == wanted.tolist()


def test_neighbouring_rows_are_one_piece_of_the_place():
    above, below = np.arange(3), np.arange(3, 7)
    column = np.arange(7)[:, np.newaxis]
    pieces = Pieces(
        (7, 2), ((above, slice(None), column[:3]), (below, slice(None), column[3:] * 10))
    )
    made = np.empty((7, 2), dtype=np.int64)
    put(pieces, made)
    assert made[:, 1].tolist() == [0, 1, 2, 30, 40, 50, 60]


def test_pieces_of_different_types_have_the_wider_one():
    limbs = LIMBS.column(
        LIMBS.crossed((), (LIMBS.of(np.array([[2**40]])), LIMBS.of(np.array([[2**40, 1]]))))
    )
    small = INT64.crossed((), (np.array([[3]]), np.array([[1, 2]])))
    pieces = Pieces(
        (2, 2), ((np.array([0]), slice(None), limbs), (np.array([1]), slice(None), small))
    )
    assert pieces.dtype == WIDE
    made = np.empty((2, 2), dtype=WIDE)
    put(pieces, made)
    assert as_ints(made).tolist() == [[2**80, 2**40], [3, 6]]
