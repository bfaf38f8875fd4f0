"""Amounts on figures: four digits, in the unit that suits them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanmeter.render.figures.ticks import compact, power
from wanmeter.units import BYTES, FLOPS, NUMBERS, TRAFFIC, ratio, readable


@pytest.mark.parametrize(
    ("value", "units", "text"),
    [
        (999, FLOPS, "999 FLOP"),
        (999_949, FLOPS, "999.9 kFLOP"),
        (999_960, FLOPS, "1.000 MFLOP"),
        (9_999_600, FLOPS, "10.00 MFLOP"),
        (1023, BYTES, "1,023 B"),
        (1023 * 2**20, BYTES, "1,023 MiB"),
        (2**30 - 1, BYTES, "1.000 GiB"),
        (999 * 2**20 + 2**20 * 96 // 100, BYTES, "1,000 MiB"),
        (1_000_000_000_000, TRAFFIC, "1.000 TB"),
        (7_173_202_739, NUMBERS, "7.173 billion"),
        (999, NUMBERS, "999"),
        (0, BYTES, "0"),
    ],
)
def test_amounts_at_the_edges_of_units(value, units, text):
    assert readable(value, units) == text


@pytest.mark.parametrize("units", [FLOPS, BYTES, TRAFFIC], ids=["flops", "bytes", "traffic"])
@given(data=st.data())
def test_amounts_have_four_digits_and_are_right_to_the_last(units, data):
    *_, largest = units.values()
    around = [size * factor for size in units.values() for factor in (1, 10, 100, 1000, 1024)]
    near = st.builds(
        lambda edge, part: edge - edge * part // 10**6,
        st.sampled_from(around),
        st.integers(-100, 100),
    )
    value = data.draw(st.one_of(st.integers(1, 900 * largest), near.filter(lambda n: n > 0)))
    if value >= 900 * largest:
        return
    number, unit = readable(value, units).split()
    digits = number.replace(",", "").replace(".", "")
    assert len(digits) == 4 or units[unit] == 1
    shown = Fraction(number.replace(",", ""))
    following = min((size for size in units.values() if size > units[unit]), default=None)
    assert shown >= 1
    assert following is None or shown * units[unit] < following
    step = Fraction(1, 10 ** len(number.partition(".")[2]))
    assert abs(shown - Fraction(value, units[unit])) <= step  # what rounds up a unit, rounds twice


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0123456, "0.01235"),
        (0.05, "0.05000"),
        (999.96, "1,000"),
        (37_800.04, "37,800"),
        (123_456.7, "123,457"),
        (1e-9, "1.000e-09"),
    ],
)
def test_ratios_have_significant_digits(value, text):
    assert ratio(value) == text


def test_numbers_along_an_axis_are_short():
    numbers = (0.25, 160, 200_000, 10**6, 1_500_000, 25 * 10**11)
    assert [compact(number) for number in numbers] == [
        "0.25",
        "160",
        "200,000",
        "10⁶",
        "1.5x10⁶",
        "2.5x10¹²",
    ]
    assert [power(0.01), power(1)] == ["10⁻²", "10⁰"]
