"""The times of the official tables: as near as the documentation says, and nearer once calibrated."""

import re
from pathlib import Path

import pytest

from tests.pages.accuracy import errors_of_time
from wanmeter import InvalidValueError, UnknownNameError
from wanmeter.hardware import device
from wanmeter.published import official_cells, validate_time
from wanmeter.published.overrides import DEVICES, overrides

PROJECT = Path(__file__).parents[2]
FIRST = [
    "wan2_1_t2v_14b-t2v-1280x720-h20-1",
    "wan2_1_t2v_14b-t2v-1280x720-a100-1",
    "wan2_1_t2v_14b-t2v-1280x720-h100-1",
    "wan2_1_t2v_1_3b-t2v-832x480-4090-1",
]
"""The cell of each GPU with one GPU and the first model that it has."""


@pytest.fixture(scope="module")
def made():
    return validate_time()


@pytest.fixture(scope="module")
def calibrated():
    return validate_time(FIRST)


def test_each_row_is_a_cell(made):
    for cell, row in zip(official_cells(), made.rows, strict=True):
        assert (row.id, row.published) == (f"{cell.id}-seconds", cell.seconds)
        assert row.overrides == overrides(cell)
        assert row.low < row.predicted < row.high
    assert made.quantity == "seconds"


def test_times_are_as_near_as_is_said(made):
    """No rate is fitted for a cell."""
    errors = made.statistics["known"]
    assert errors.rows == 70
    assert errors.mean_absolute <= 4 / 100
    assert errors.largest_absolute <= 11 / 100


def test_bands_hold_as_many_as_is_said(made):
    assert made.statistics["band"].exact >= 0.75 * 70
    assert made.median_half_width <= 9 / 100


def test_one_factor_for_each_gpu_brings_the_other_cells_nearer(calibrated):
    errors = calibrated.statistics
    assert (errors["Wan2.1"].rows, errors["Wan2.2"].rows) == (24, 42)
    assert errors["Wan2.1"].mean_absolute <= 3 / 100
    assert errors["Wan2.2"].mean_absolute <= 2.5 / 100


def test_calibration_says_its_factors(calibrated):
    told = [text for text in calibrated.assumptions if text.startswith("calibrated on ")]
    assert [text.split()[2].rstrip(":") for text in told] == FIRST
    assert all(0.9 < float(text.split()[-1]) < 1.1 for text in told)


def test_a_calibrated_cell_is_no_longer_compared(calibrated):
    compared = {row.id for row in calibrated.rows}
    assert not compared & {f"{name}-seconds" for name in FIRST}


def test_calibration_changes_only_its_own_gpu(made):
    one = validate_time(FIRST[:1])
    before = {row.id: row.predicted for row in made.rows}
    for row in one.rows:
        assert (row.predicted == before[row.id]) == (row.device != "h20_96gb")


def test_other_runs_are_beside_the_tables_and_not_in_their_statistics(made):
    assert made.others
    assert all(row.covered and row.source for row in made.others)
    assert made.statistics["known"].rows == len(made.rows)


def test_what_is_not_believed_is_above_a_peak(made):
    assert made.implausible
    for run in made.implausible:
        rate, peak = re.search(r"([\d,]+) TFLOP/s, above the ([\d,]+)", run.why).groups()
        assert int(rate.replace(",", "")) > int(peak.replace(",", ""))


def test_the_documentation_states_these_errors():
    assert errors_of_time() in (PROJECT / "docs" / "estimates.md").read_text()


def test_every_device_of_the_tables_has_rates():
    for name in DEVICES.values():
        assert device(name).rates


@pytest.mark.parametrize(
    ("cells", "error", "message"),
    [
        (["h100"], UnknownNameError, "unknown cell 'h100'"),
        (
            ["wan2_1_t2v_14b-t2v-1280x720-h20-1", "wan2_1_t2v_14b-t2v-1280x720-h20-2"],
            InvalidValueError,
            "allowed: one cell of h20_96gb",
        ),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(cells, error, message):
    with pytest.raises(error, match=message):
        validate_time(cells)
