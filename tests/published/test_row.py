"""A row's errors: relative, signed, of the prediction and of its band."""

import pytest
from attrs import evolve
from hypothesis import given

from tests.published.made_up import GIB, covered, row
from wanmeter import InvalidValueError


def test_an_error_is_signed_and_of_what_was_published():
    """11 is a tenth above 10; 9 a tenth below."""
    assert row(10.0, 11.0, 10.5, 12.0).error == pytest.approx(0.1)
    assert row(10.0, 9.0, 8.0, 9.5).error == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("published", "expected"),
    [(10.0, 0.0), (8.0, 0.0), (12.0, 0.0), (6.4, 0.25), (16.0, -0.25)],
)
def test_a_bands_error_is_that_of_its_nearer_end(published, expected):
    """[8, 12] has 10, 8 and 12. 8 is a quarter above 6.4, 12 a quarter below 16."""
    assert row(published, 9.0, 8.0, 12.0).band_error == pytest.approx(expected)


@given(row=covered())
def test_a_band_is_no_further_off_than_a_prediction_within_it(row):
    assert abs(row.band_error) <= abs(row.error)


@given(row=covered(), more=GIB)
def test_a_wider_band_is_no_further_off(row, more):
    wider = evolve(row, low=max(row.low - more, 1e-9), high=row.high + more)
    assert abs(wider.band_error) <= abs(row.band_error)


@given(row=covered())
def test_a_bands_error_is_zero_only_within_it(row):
    assert (row.band_error == 0) == (row.low <= row.published <= row.high)


@given(row=covered())
def test_errors_do_not_depend_on_the_unit(row):
    """Scaling by a power of two is exact."""
    scaled = {name: 2 * getattr(row, name) for name in ("published", "predicted", "low", "high")}
    other = evolve(row, **scaled)
    assert (other.error, other.band_error) == (row.error, row.band_error)


@given(row=covered())
def test_a_row_is_blind_if_its_band_has_no_width(row):
    assert row.blind == (row.low == row.high)
    assert evolve(row, low=row.predicted, high=row.predicted).blind


def test_a_row_without_a_prediction_has_no_error():
    uncovered = row()
    assert (uncovered.covered, uncovered.blind) == (False, False)
    assert (uncovered.error, uncovered.band_error) == (None, None)


@pytest.mark.parametrize("name", ["predicted", "low", "high", "phase"])
def test_half_a_prediction_is_refused(name):
    with pytest.raises(
        InvalidValueError, match=rf"row\.{name}: got None; allowed: a value, or nul"
    ):
        evolve(row(10.0, 10.0, 9.0, 11.0), **{name: None})


def test_a_band_that_ends_before_it_begins_is_refused():
    with pytest.raises(
        InvalidValueError, match=r"row\.low: got 11\.0; allowed: at most high, 9\.0"
    ):
        row(10.0, 10.0, 11.0, 9.0)


@pytest.mark.parametrize("published", [0, -1, float("nan"), "10", None])
def test_what_was_published_is_a_positive_number(published):
    with pytest.raises(InvalidValueError, match=r"row\.published"):
        row(published)
