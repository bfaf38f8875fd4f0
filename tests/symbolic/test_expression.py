"""Expressions: evaluated, they equal the same formulas on ints."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wanmeter import ClosedFormError
from wanmeter.arithmetic import peak, tensor_bytes
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.compilation import bounding, compiled, largest
from wanmeter.symbolic.expression import Expression, terms_of
from wanmeter.symbolic.polynomial import Symbol
from wanmeter.symbolic.regimes import SYMBOLS

LEAST = {"batch": 1, "latent_frames": 3, "rows": 1, "columns": 1, "steps": 1}

leaves = st.one_of(st.integers(0, 50), st.sampled_from(sorted(LEAST)))


def grown(parts):
    numbers = st.integers(1, 20) | st.integers(-20, -1)
    return st.one_of(
        st.tuples(st.just("+"), parts, parts),
        st.tuples(st.just("*"), parts, parts),
        st.tuples(st.just("-"), parts, parts),
        st.tuples(st.just("//"), parts, numbers),
        st.tuples(st.just("bytes"), parts, st.integers(1, 20)),
        st.tuples(st.just("peak"), parts, parts),
    )


formulas = st.recursive(leaves, grown, max_leaves=12)


def evaluated(formula, names):
    """A formula, on ints or on symbols."""
    if isinstance(formula, str):
        return names[formula]
    if isinstance(formula, int):
        return formula
    operation, first, second = formula
    one, two = evaluated(first, names), evaluated(second, names)
    match operation:
        case "+":
            return one + two
        case "*":
            return one * two
        case "-":
            return one - two
        case "//":
            return one // two
        case "bytes":
            return tensor_bytes(one, two)
        case "peak":
            return peak(one, two)


def symbols():
    algebra = Algebra()
    return algebra, {
        name: Expression.of(algebra, Symbol(name, least)) for name, least in LEAST.items()
    }


def at(expression, algebra, values):
    """The value of an expression."""
    every = [values.get(name, 0) for name in SYMBOLS]
    (value,) = compiled([expression], algebra)(largest, *every)
    return value


def least_of(expression, algebra):
    """What is told of an expression: that it is so much, or more."""
    return algebra.bounds.at_least(terms_of(expression))


points = st.fixed_dictionaries({name: st.integers(least, 40) for name, least in LEAST.items()})


@given(formula=formulas, values=points)
def test_a_formula_on_symbols_has_the_values_of_the_formula(formula, values):
    algebra, names = symbols()
    assert at(evaluated(formula, names), algebra, values) == evaluated(formula, values)


@given(formula=formulas, values=points)
def test_the_least_that_is_told_is_never_too_much(formula, values):
    algebra, names = symbols()
    least = least_of(evaluated(formula, names), algebra)
    assert least is None or least <= evaluated(formula, values)


@given(first=formulas, second=formulas, values=points)
def test_what_is_decided_is_so_for_every_value(first, second, values):
    _, names = symbols()
    one, two = evaluated(first, names), evaluated(second, names)
    ours, theirs = evaluated(first, values), evaluated(second, values)
    for ask in (
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: a == b,
        lambda a, b: a != b,
        lambda a, b: bool(a - b),
    ):
        try:
            answer = ask(one, two)
        except ClosedFormError:
            continue
        assert answer == ask(ours, theirs)


@given(formula=formulas, values=points)
@example(
    # A quotient of 0 hides the maximum that it multiplies.
    formula=("*", ("//", ("bytes", "batch", 1), 2), ("peak", 9, "batch")),
    values=LEAST,
)
def test_a_bound_is_above_the_value(formula, values):
    algebra, names = symbols()
    expression = evaluated(formula, names)
    every = [values.get(name, 0) for name in SYMBOLS]
    ((bound, _),) = bounding([expression], algebra)(largest, *every)
    met = []
    function = compiled([expression], algebra)
    list(function(lambda *options: met.extend(options) or max(options), *map(Seen.of(met), every)))
    assert bound >= max(map(abs, [evaluated(formula, values), *met]))


class Seen(int):
    """An int that notes every sum, product and quotient that it is part of."""

    met: list

    @classmethod
    def of(cls, met):
        def make(value):
            seen = cls(value)
            seen.met = met
            return seen

        return make

    def _note(self, value):
        self.met.append(int(value))
        return Seen.of(self.met)(value)

    def __add__(self, other):
        return self._note(int(self) + int(other))

    def __mul__(self, other):
        return self._note(int(self) * int(other))

    def __floordiv__(self, other):
        return self._note(int(self) // int(other))

    __radd__, __rmul__ = __add__, __mul__


def test_what_is_no_longer_symbolic_is_an_int():
    _, names = symbols()
    n = names["rows"]
    for value, known in [
        (n - n, 0),
        (2 * n - n - n + 7, 7),
        (n * 0, 0),
        ((16 * n + 7) // 8 - 2 * n, 0),
    ]:
        assert type(value) is int
        assert value == known


def test_exact_quotients_have_no_floor():
    algebra, names = symbols()
    assert repr((32 * names["rows"] + 7) // 8) == "4*rows"
    assert len(algebra.variables) == len(LEAST)


def test_a_floor_is_not_an_exact_quotient():
    """A bound allows for what division leaves; with exact quotients each of these would be 0."""
    algebra, names = symbols()
    n = names["rows"]
    for divisor in (2, 3, 8):
        floor = n // divisor
        # divisor * (n // divisor) == n - n % divisor, and n % divisor is at most divisor - 1:
        # in the difference to n that is the least, and it is met, by n == divisor - 1.
        assert least_of(divisor * floor - n, algebra) == -(divisor - 1)
        # Subtracted, the floor is at most the quotient, which n == divisor meets: nothing is left.
        assert least_of(n - divisor * floor, algebra) == 0
        with pytest.raises(ClosedFormError, match="for some workloads and not for others"):
            bool(divisor * floor >= n)
        assert divisor * floor <= n


def test_a_bound_is_the_whole_number_above_what_is_told():
    algebra, names = symbols()
    n = names["rows"]
    # 5n // 8 is (5n - 7) / 8 or more. So 8 times what is asked is 2 (5n - 7) - 8n = 2n - 14 or more,
    # which is -12 for one row. What is asked is -12 / 8 or more, and a whole number: -1, as one row has it.
    assert least_of(2 * (5 * n // 8) - n, algebra) == -1


def test_only_what_can_be_the_largest_is_kept():
    _, names = symbols()
    n, f = names["rows"], names["latent_frames"]
    assert peak(n, 2 * n, n + f * n) == n + f * n  # f is 3 or more
    assert repr(peak(n, f, peak(f, 1))) == "1*max(1*latent_frames, 1*rows)"
    assert repr(peak(n, f) + 1 - peak(f, n)) == "1"


def test_what_some_workloads_decide_is_not_decided():
    _, names = symbols()
    n, f = names["rows"], names["latent_frames"]
    assert f >= 3
    assert n
    for ask in (lambda: n > 1, lambda: n == 4, lambda: n < f, lambda: bool(n - 1)):
        with pytest.raises(ClosedFormError, match="for some workloads and not for others"):
            ask()


@pytest.mark.parametrize(
    "use",
    [
        range,
        hash,
        int,
        float,
        round,
        lambda n: n * 0.5,
        lambda n: 2.0 * n,
        lambda n: n + 0.0,
        lambda n: n / 2,
        lambda n: n**2,
        lambda n: n // 2.0,
        lambda n: n // 0,
        lambda n: n % (n + 1),
        lambda n: (n + 1) // n,
        lambda n: 4 // n,
        lambda n: n // symbols()[1]["rows"],
        lambda n: n * True,
        lambda n: n * np.int64(4),
        lambda n: np.int64(4) * n,
        lambda n: np.arange(3) + n,
        lambda n: abs(n),
        lambda n: divmod(n, 2),
        lambda n: {n: 1},
        lambda n: n in {1, 2},
        lambda n: n == 1.0,
        lambda n: n is not None and n == None,  # noqa: E711
        str,
        lambda n: f"{n}",
        lambda n: f"{n:,}",
        lambda n: n + symbols()[1]["rows"],
        lambda n: n == symbols()[1]["rows"],
    ],
)
def test_an_expression_is_no_index_no_key_no_text_and_mixes_with_ints_alone(use):
    _, names = symbols()
    assert isinstance(names["rows"], Expression)
    with pytest.raises((TypeError, ClosedFormError)):
        use(names["rows"])


def test_a_product_of_symbols_divides_its_multiples():
    """As the number of heads divides the width that they have together."""
    _, names = symbols()
    n, f = names["rows"], names["latent_frames"]
    assert (6 * n * f + 4 * n * n) // (2 * n) - (3 * f + 2 * n) == 0
    assert (6 * n * f) % (3 * f) == 0
    for divisor in (4 * n, f, n * n, n - 1):
        with pytest.raises(ClosedFormError, match="which may leave a remainder"):
            (6 * n * f + 4 * n * n) // divisor


def test_what_may_be_zero_divides_nothing():
    algebra = Algebra()
    n = Expression.of(algebra, Symbol("n", 0))
    with pytest.raises(ClosedFormError, match="which may leave a remainder"):
        (2 * n) // n


def test_an_added_quotient_does_not_hide_that_a_subtracted_one_is_small():
    """Of 2n, twice 2n // 6 is taken for each frame; in each column, one such quotient is added."""
    _, names = symbols()
    n, frames, columns = names["rows"], names["latent_frames"], names["columns"]
    side = 2 * n // 6
    # A frame has at least 2n - 4n / 6, which is above n; the quotient that is added is not below 0.
    assert frames * (2 * n - 2 * side) + columns * side >= frames * n


def test_more_options_than_anyone_would_compare_are_refused():
    _, names = symbols()
    n, f = names["rows"], names["latent_frames"]
    with pytest.raises(ClosedFormError, match="more than 100 values could be the largest"):
        peak(*(i * n + (200 - i) * f for i in range(110)))


def test_what_is_below_zero_counts():
    """A largest value is not above zero because most are."""
    algebra, names = symbols()
    n = names["rows"]
    x = peak(n - 5000, 100 - n)
    with pytest.raises(ClosedFormError):
        bool(x >= 0)
    values = dict(LEAST, rows=1000)
    assert at(peak(0, 2 * x), algebra, values) == 0
