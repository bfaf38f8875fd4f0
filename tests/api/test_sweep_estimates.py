"""A sweep with a device has the seconds and the peak of single estimates."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from wanmeter import Estimator, InvalidValueError, Workload, estimate, sweep
from wanmeter.api.sweep import sweep_table
from wanmeter.sweeping.axes import MAX_BLOCK_ROWS
from wanmeter.sweeping.files import write_parquet

COLUMNS = ("seconds", "seconds_low", "seconds_high", "peak_bytes_low", "peak_bytes_high")


def single(model, rows, i, **how):
    given = {name: rows[name][i].item() for name in ("batch_size", "num_frames", "height", "width")}
    given |= {
        name: rows[name][i].item() for name in ("num_inference_steps", "guidance", "text_len")
    }
    return estimate(model, Workload(**given), **how)


def assert_same(model, rows, i, **how):
    made = single(model, rows, i, **how)
    assert rows["seconds"][i] == made.seconds.value
    assert rows["seconds_low"][i] == pytest.approx(made.seconds.low, rel=1e-14)
    assert rows["seconds_high"][i] == pytest.approx(made.seconds.high, rel=1e-14)
    assert rows["peak_bytes_low"][i] == made.peak_bytes.low
    assert rows["peak_bytes_high"][i] == made.peak_bytes.high


@pytest.mark.parametrize(
    ("model", "how"),
    [
        ("t2v-14b", {"device": "h100"}),
        ("t2v-1.3b", {"device": "rtx_4090", "profile": "diffusers", "placement": "group_offload"}),
        ("t2v-a14b", {"device": "a100", "overrides": ["ulysses_degree=4"]}),
    ],
)
@settings(max_examples=2)
@given(data=st.data())
def test_rows_equal_single_estimates(model, how, data):
    axes = {
        "num_frames": data.draw(
            st.lists(st.sampled_from(range(1, 162, 4)), min_size=2, max_size=3)
        ),
        "num_inference_steps": data.draw(st.lists(st.integers(1, 60), min_size=2, max_size=2)),
        "size": data.draw(st.sampled_from([[(832, 480)], [(1280, 720), (480, 832)]])),
    }
    rows = sweep(model, **how, **axes)
    assert set(COLUMNS) <= set(rows.columns)
    for i in range(len(rows)):
        assert_same(model, rows, i, **how)


def test_batches_have_forms_of_their_own():
    rows = sweep("t2v-1.3b", device="h100", batch_size=[1, 2, 3], num_frames=[5, 17])
    for i in range(len(rows)):
        assert_same("t2v-1.3b", rows, i, device="h100")


def test_work_beyond_64_bits_is_exact():
    """A million steps of a long video: 10^21 FLOPs."""
    rows = sweep("t2v-14b", device="h100", num_inference_steps=[10**6], num_frames=[161])
    assert_same("t2v-14b", rows, 0, device="h100")


def test_without_rates_there_are_only_peaks():
    rows = sweep("t2v-1.3b", profile="diffusers", num_frames=[5, 9])
    assert "seconds" not in rows.columns
    assert rows["peak_bytes_low"].dtype == np.int64


def test_a_table_says_how_the_runs_are_executed():
    """Not what the conventions of costs are: they have no seconds."""
    about = sweep("t2v-1.3b", device="h100", profile="diffusers", num_frames=[5]).about
    assert (about["device"], about["attention"]) == ("h100_sxm_80gb", "sdpa")
    assert json.loads(about["profile"])["name"] == "diffusers"
    assert "not_modelled" not in about


def test_a_device_may_be_an_override():
    one = sweep("t2v-1.3b", overrides=["device=h100", "num_frames=5,9"])
    other = sweep("t2v-1.3b", device="h100", num_frames=[5, 9])
    assert (one["seconds"] == other["seconds"]).all()


def test_rows_that_cannot_be_run_are_refused_by_number():
    with pytest.raises(InvalidValueError, match=r"row 2: workload\.num_frames"):
        sweep("t2v-1.3b", device="h100", num_frames=[5, 6])
    rows = sweep("t2v-1.3b", device="h100", num_frames=[5, 6], skip_invalid=True)
    assert (len(rows), rows.num_skipped) == (1, 1)


def test_blocks_without_a_row_that_can_be_run_keep_types(tmp_path):
    """The first block has frames that no model runs: seconds are floats nevertheless."""
    axes = {"num_frames": [2, 5], "text_len": range(1, 40_001)}
    how = {"device": "h100", "skip_invalid": True}
    rows = sweep("t2v-1.3b", **how, **axes)
    assert (len(rows), rows.num_skipped) == (40_000, 40_000)
    assert {rows[name].dtype.name for name in COLUMNS} == {"float64", "int64"}
    assert_same("t2v-1.3b", rows, 39_999, device="h100")
    with (tmp_path / "rows.parquet").open("wb") as file:
        write_parquet(sweep_table("t2v-1.3b", **how, **axes), file)
    assert (
        pq.read_table(tmp_path / "rows.parquet")["seconds"].to_pylist()[-1] == rows["seconds"][-1]
    )
    none = sweep("t2v-1.3b", **how, num_frames=[2])
    assert none["seconds"].dtype == float


def test_the_ends_of_the_band_are_the_same_bits():
    rows = sweep("t2v-1.3b", device="h100", text_len=range(1, 200))
    for row in range(0, 199, 40):
        made = estimate("t2v-1.3b", text_len=int(rows["text_len"][row]), device="h100")
        assert (rows["seconds_low"][row], rows["seconds_high"][row]) == made.seconds[1:]


def test_a_sweep_of_the_same_plan_keeps_its_closed_forms():
    one, other = (sweep_table("t2v-1.3b", device="h100", num_frames=[5]) for _ in range(2))
    assert one.evaluated is other.evaluated
    assert one.evaluated is not sweep_table("t2v-1.3b", device="a100", num_frames=[5]).evaluated


def test_peaks_that_do_not_vary_are_exact_beyond_64_bits():
    batches = {"batch_size": [10**9], "profile": "diffusers"}
    assert_same(
        "t2v-1.3b",
        sweep("t2v-1.3b", device="h100", **batches),
        0,
        device="h100",
        profile="diffusers",
    )


def test_rows_of_more_than_a_block_equal_an_estimator():
    """Their expressions are narrowed to the ranges of the axes."""
    axes = {
        "num_frames": range(5, 86, 4),
        "num_inference_steps": range(1, 21),
        "text_len": range(1, 401),
    }
    rows, estimator = sweep("t2v-1.3b", device="h100", **axes), Estimator("t2v-1.3b", device="h100")
    assert len(rows) > MAX_BLOCK_ROWS
    for i in range(0, len(rows), 7001):
        given = {name: rows[name][i].item() for name in axes}
        made = estimator.at(evolve(estimator.plan.run.workload, **given))
        band = made.peak_bytes
        assert [rows[name][i] for name in COLUMNS] == [*made.seconds, band.low, band.high]
