"""Columns are exact in whatever numbers they are evaluated: every formula equals its value on Python's ints."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.symbolic.test_expression import LEAST, evaluated, formulas, symbols
from wanmeter.sweeping.grids import put
from wanmeter.sweeping.numbers import INT64, LIMBS, LIMBS_BELOW, PYTHON, Limbs, numbers_for
from wanmeter.sweeping.wide import WIDE, as_ints
from wanmeter.symbolic.compilation import bounding, compiled, largest
from wanmeter.symbolic.regimes import SYMBOLS

EDGES = [1, 2, 2**31, 2**32 - 1, 2**53 + 1, 2**61, 2**62 - 1]


def values_of(name, length):
    counts = st.one_of(st.integers(LEAST[name], 40), st.sampled_from(EDGES), st.integers(3, 2**62))
    return st.lists(
        counts.map(lambda count: max(count, LEAST[name])), min_size=length, max_size=length
    )


@st.composite
def grids(draw):
    """The values of each symbol, on the first axis or the last; both have at least two values."""
    lengths = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    axes = {name: draw(st.booleans()) for name in LEAST}
    return lengths, {name: (on, draw(values_of(name, lengths[on]))) for name, on in axes.items()}


PRODUCT = ("*", ("*", "batch", "steps"), "rows")

OTHERS = {"columns": (False, [1, 2]), "latent_frames": (True, [3, 4])}


@given(formula=formulas, grid=grids())
@example(  # 2^62 x 2^30 x 7: in limbs
    formula=PRODUCT,
    grid=(
        (2, 2),
        {
            "batch": (True, [2**62 - 1, 3]),
            "steps": (False, [2**30, 1]),
            "rows": (False, [7, 1]),
            **OTHERS,
        },
    ),
)
@example(  # a maximum of both axes beside a product that leaves 64 bits
    formula=("+", PRODUCT, ("peak", "batch", "rows")),
    grid=(
        (2, 2),
        {
            "batch": (True, [2**61, 3]),
            "steps": (False, [2**35, 1]),
            "rows": (False, [9, 2**40]),
            **OTHERS,
        },
    ),
)
@example(  # far below zero, where two limbs are too few
    formula=("*", ("*", 9, "rows"), ("-", 0, "rows")),
    grid=(
        (2, 2),
        {
            "batch": (False, [1, 1]),
            "steps": (False, [1, 1]),
            "rows": (False, [1, 2**62 - 1]),
            **OTHERS,
        },
    ),
)
def test_every_cell_of_a_grid_is_exact(formula, grid):
    algebra, names = symbols()
    expression = evaluated(formula, names)
    lengths, axes = grid
    given = {}
    for name, (on, values) in axes.items():
        column = np.array(values, dtype=np.int64)
        given[name] = column[np.newaxis] if on else column[:, np.newaxis]
    every = [given.get(name, np.zeros((1, 1), dtype=np.int64)) for name in SYMBOLS]
    inner = frozenset(name for name, each in given.items() if each.shape[1] > 1)

    highest = [int(each.max()) for each in every]
    ((bound, exact),) = bounding([expression], algebra)(largest, *highest)
    fastest = numbers_for(bound, exact)
    for numbers in {fastest, PYTHON}:
        function = compiled([expression], algebra, inner=inner)
        (value,) = function(numbers.maximum, *map(numbers.of, every), crossed=numbers.crossed)
        found = np.empty(lengths, dtype=object)
        put(numbers.column(value), found)
        for row, column in np.ndindex(*lengths):
            at = {
                name: int(each[row % each.shape[0], column % each.shape[1]])
                for name, each in given.items()
            }
            assert found[row, column] == evaluated(formula, at)


@pytest.mark.parametrize(
    ("bound", "exact", "numbers"),
    [
        (2**63 - 1, 2**63 - 1, INT64),
        (2**63, 2**63 - 1, LIMBS),
        (LIMBS_BELOW - 1, 0, LIMBS),
        (LIMBS_BELOW, 0, PYTHON),
        (2**63, 2**63, PYTHON),
    ],
)
def test_numbers_are_the_fastest_that_hold_the_bound(bound, exact, numbers):
    assert numbers_for(bound, exact) is numbers


@given(st.lists(st.integers(0, LIMBS_BELOW - 1), min_size=1, max_size=5))
def test_limbs_are_the_count_and_narrow_where_64_bits_suffice(counts):
    """A product of a power of two and a sum reaches every count."""
    low = Limbs.of(np.array([[count % 2**52 for count in counts]]))
    high = Limbs.of(np.array([[count // 2**52 for count in counts]]))
    column = (high * 2**52 + low).column()
    assert as_ints(column).tolist() == [counts]
    assert column.dtype == (np.int64 if max(counts) < 2**63 else WIDE)
