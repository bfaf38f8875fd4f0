"""Narrowed expressions have the same values wherever their symbols are in range."""

from hypothesis import given
from hypothesis import strategies as st

from tests.symbolic.test_expression import LEAST, at, evaluated, formulas, symbols
from wanmeter import configure
from wanmeter.arithmetic import peak
from wanmeter.symbolic.closed_form import derive
from wanmeter.symbolic.expression import Expression, terms_of
from wanmeter.symbolic.narrowing import narrowed
from wanmeter.symbolic.polynomial import Largest
from wanmeter.symbolic.regimes import Regime


@st.composite
def ranges_and_points(draw):
    """A range of each symbol, with a value in it; some ranges begin below all values."""
    ranges, point = {}, {}
    for name, least in LEAST.items():
        low = draw(st.integers(0, 40))
        high = max(least, draw(st.integers(low, low + 60)))
        ranges[name] = (low, high)
        point[name] = draw(st.integers(max(low, least), max(high, low, least)))
    return ranges, point


@given(formula=formulas, given_=ranges_and_points())
def test_values_within_the_ranges_stay(formula, given_):
    ranges, point = given_
    algebra, names = symbols()
    expression = evaluated(formula, names)
    (narrow,), narrow_algebra = narrowed([expression], algebra, ranges)
    assert at(narrow, narrow_algebra, point) == evaluated(formula, point)


def test_options_that_cannot_be_the_largest_are_left_out():
    algebra, names = symbols()
    larger = peak(names["rows"] * names["batch"] * 100, names["columns"] * names["batch"])
    ranges = dict.fromkeys(LEAST, (1, 10**6)) | {"rows": (2, 50), "columns": (1, 200)}
    (narrow,), _ = narrowed([larger], algebra, ranges)
    assert repr(narrow) == "100*batch*rows"
    ranges |= {"columns": (1, 201)}
    (open_,), _ = narrowed([larger], algebra, ranges)
    assert repr(open_) == repr(larger)


def test_a_symbol_of_one_value_is_a_number():
    algebra, names = symbols()
    (narrow,), _ = narrowed(
        [names["batch"] * names["steps"]], algebra, dict.fromkeys(LEAST, (4, 4))
    )
    assert narrow == 16


def test_a_real_peak_has_fewer_options_in_a_real_sweep():
    """The VAE's activations are the largest at 480p and above, however long the text is."""
    run = configure("wan2_1_t2v_14b")
    form = derive(run, Regime(guidance=True, latent_frames=None, references=False))
    ranges = dict.fromkeys(LEAST, (1, 1)) | {
        "batch": (1, 100),
        "latent_frames": (3, 41),
        "rows": (30, 80),
        "columns": (30, 80),
        "steps": (1, 50),
        "text_tokens": (1, 1000),
    }
    peaks = [form.total.activation_bytes, *[each.cost.activation_bytes for each in form.stages]]
    narrow, algebra = narrowed(peaks, form.algebra, ranges)
    before, after = [
        sum(
            len(variable.options)
            for expression in expressions
            if isinstance(expression, Expression)
            for number in {number for monomial in terms_of(expression) for number in monomial}
            if isinstance(variable := within.variables[number], Largest)
        )
        for expressions, within in ((peaks, form.algebra), (narrow, algebra))
    ]
    assert before == 15
    assert after == 2
