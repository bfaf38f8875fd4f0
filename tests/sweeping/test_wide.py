"""Columns of counts beyond 64 bits keep every count, whatever type they have."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wanmeter.sweeping.wide import (
    PIECE,
    WIDE,
    WIDE_BITS,
    as_ints,
    as_type,
    copy,
    fitted,
    of_ints,
    wider,
)

TYPES = [np.dtype(np.int64), WIDE, np.dtype(object)]


@pytest.mark.parametrize("one", TYPES)
@pytest.mark.parametrize("other", TYPES)
def test_the_wider_type_holds_both(one, other):
    column = as_type(np.array([0, 7, 2**63 - 1]), one)
    both = wider(one, other)
    assert both in (one, other)
    assert as_ints(as_type(column, both)).tolist() == [0, 7, 2**63 - 1]


LIMIT = 2 ** (WIDE_BITS + 2)


@given(st.lists(st.integers(-LIMIT, LIMIT), min_size=1, max_size=4))
@example([-9, -(2**127) - 1])
@example([2**63 - 1, 0])
@example([2**63, -1])
def test_python_ints_become_the_narrowest_column_that_holds_them(counts):
    column = of_ints(counts)
    if min(counts) >= -(2**63) and max(counts) < 2**63:
        wanted = np.int64
    else:
        wanted = WIDE if max(map(abs, counts)) < 2**WIDE_BITS else object
    assert column.dtype == wanted
    assert as_ints(column).tolist() == counts


@pytest.mark.parametrize("place", TYPES)
def test_a_copy_broadcasts(place):
    made = np.empty((2, 3), dtype=place)
    copy(np.array([[5], [2**62]]), made)
    assert as_ints(made).tolist() == [[5] * 3, [2**62] * 3]


@pytest.mark.parametrize("at", [0, PIECE - 1, PIECE, 2 * PIECE])
@pytest.mark.parametrize("count", [2**63 - 1, 2**63, 2**64])
def test_a_wide_column_is_narrowed_if_all_counts_fit(at, count):
    """The one that may not is in the first, the second or the last piece."""
    column = np.zeros(2 * PIECE + 1, dtype=WIDE)
    column[at] = as_type(of_ints([count]), WIDE)[0]
    made = fitted(column)
    assert made.dtype == (np.int64 if count < 2**63 else WIDE)
    assert as_ints(made[at : at + 1]).tolist() == [count]
    assert len(made) == len(column)


@pytest.mark.parametrize(
    "value", [0, -1, 2**63 - 1, 2**63, -(2**63) - 1, 2**WIDE_BITS - 1, 2**WIDE_BITS, 10**40]
)
def test_a_number_alone_is_a_column_too(value):
    column = of_ints(value)
    assert column.shape == ()
    assert as_ints(column.reshape(1)).tolist() == [value]
