"""The statistics of errors, and their laws."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.published.made_up import many, row
from wanmeter.published import Errors
from wanmeter.published.statistics import half_width, statistics

ERRORS = st.lists(st.floats(-1, 1e6), min_size=1)


def test_the_statistics_of_three_errors():
    """Absolute errors 0.25, 0 and 0.125: 0.375 together, 0.125 on average."""
    assert Errors.of([-0.25, 0.0, 0.125]) == Errors(
        rows=3,
        exact=1,
        mean_absolute=0.125,
        largest_absolute=0.25,
        lowest=-0.25,
        highest=0.125,
    )


def test_without_rows_there_are_no_errors():
    nothing = Errors(
        rows=0, exact=0, mean_absolute=None, largest_absolute=None, lowest=None, highest=None
    )
    assert Errors.of([]) == Errors.of([None, None]) == nothing
    assert statistics("gib", [row()]) == {"known": nothing, "blind": nothing, "band": nothing}
    assert half_width([row()]) is None


@given(errors=ERRORS)
def test_the_largest_error_is_an_end_of_the_range(errors):
    made = Errors.of(errors)
    assert made.lowest <= made.highest
    assert made.largest_absolute == max(-made.lowest, made.highest)


@given(errors=ERRORS)
def test_the_mean_is_no_more_than_the_largest(errors):
    made = Errors.of(errors)
    assert made.mean_absolute <= made.largest_absolute * (1 + 1e-12)
    assert (made.exact == made.rows) == (made.largest_absolute == 0)


@given(errors=ERRORS, data=st.data())
def test_the_order_changes_nothing(errors, data):
    assert Errors.of(data.draw(st.permutations(errors))) == Errors.of(errors)


@given(errors=ERRORS, times=st.integers(2, 4))
def test_repeated_errors_change_only_the_counts(errors, times):
    once, often = Errors.of(errors), Errors.of(errors * times)
    assert (often.rows, often.exact) == (once.rows * times, once.exact * times)
    assert often.mean_absolute == pytest.approx(once.mean_absolute)
    assert (often.lowest, often.highest) == (once.lowest, once.highest)


@given(rows=many())
def test_rows_that_are_not_covered_change_nothing(rows):
    assert statistics("gib", rows) == statistics("gib", [row for row in rows if row.covered])


@given(rows=many())
def test_blind_rows_are_some_of_the_known_and_the_band_is_of_as_many(rows):
    made = statistics("gib", rows)
    assert made["blind"].rows <= made["known"].rows == made["band"].rows
    assert made["known"].rows == sum(row.covered for row in rows)


@given(rows=many(least=1))
def test_the_band_is_no_further_off_than_what_is_known(rows):
    """Predictions are within their bands."""
    made = statistics("gib", rows)
    if made["known"].rows:
        assert made["band"].largest_absolute <= made["known"].largest_absolute
        assert made["band"].mean_absolute <= made["known"].mean_absolute * (1 + 1e-12)
        assert made["band"].exact >= made["known"].exact


def test_blind_is_the_error_of_the_rows_that_no_choice_went_into():
    blind, other = row(10.0, 11.0, 11.0, 11.0), row(10.0, 15.0, 14.0, 16.0, number=1)
    assert statistics("gib", [blind, other])["blind"] == Errors.of([blind.error])


def test_times_are_grouped_by_table_device_and_number_of_gpus():
    one, two = (
        evolve(
            row(10.0, 11.0, 9.0, 13.0, number=gpus),
            n_gpus=gpus,
            overrides=(f"device=card_{gpus}",),
            source="Wan-Video/Wan2.1@1 a picture",
        )
        for gpus in (1, 2)
    )
    made = statistics("seconds", [two, one])
    assert list(made) == ["known", "Wan2.1", "card_2", "card_1", "1 GPU", "2 GPUs", "band"]
    assert made["Wan2.1"].rows == 2
    assert made["card_1"] == made["1 GPU"] == Errors.of([one.error])


def test_half_of_a_band_is_compared_with_its_prediction():
    """(13 - 9) / 2 of 10 is 20 %, (11 - 9) / 2 of 10 is 10 %, (11 - 10) / 2 of 10 is 5 %."""
    rows = [row(9.0, 10.0, *ends, number=i) for i, ends in enumerate([(9, 13), (9, 11), (10, 11)])]
    assert half_width(rows) == pytest.approx(0.1)
