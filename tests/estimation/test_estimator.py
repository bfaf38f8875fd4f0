"""Closed forms of peaks and seconds equal estimates, at every workload."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wanmeter import Band, Estimator, InvalidValueError, Workload, estimate
from wanmeter.symbolic.regimes import Regime, values

CASES = [
    ("t2v-14b", "official", 1),
    ("t2v-14b", "official", 4),
    ("t2v-1.3b", "diffusers", 1),
    ("i2v-14b", "official", 1),
    ("ti2v-5b", "diffusers", 1),
    ("t2v-a14b", "official", 2),
    ("t2v-14b", "ideal", 1),
]
STAGES = ["transformer", "vae_decode"]
DEVICE = "a100"


def workload(frames, rows, columns, text, batch):
    return Workload(
        batch_size=batch,
        num_frames=4 * frames + 1,
        height=32 * rows,
        width=32 * columns,
        num_inference_steps=3,
        guidance=True,
        text_len=text,
    )


def test_an_estimator_is_shown_on_one_line():
    made = Estimator("t2v-1.3b", device="h100", profile="diffusers")
    assert repr(made) == (
        "<Estimator of wan2_1_t2v_1_3b; diffusers code, placement resident, on h100_sxm_80gb>"
    )


ESTIMATORS = {
    case: Estimator(
        case[0],
        profile=case[1],
        stages=STAGES,
        device=DEVICE,
        overrides=[f"ulysses_degree={case[2]}"],
    )
    for case in CASES
}


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=8)
@given(
    frames=st.integers(0, 30),
    rows=st.integers(2, 20),
    columns=st.integers(2, 20),
    batch=st.integers(1, 2),
)
@example(frames=3, rows=2, columns=16, batch=1)  # with as many tokens as the text
def test_peaks_and_seconds_equal_estimates(case, frames, rows, columns, batch):
    model, profile, gpus = case
    given = workload(frames, rows, columns, 512, batch if gpus == 1 else 1)
    made = estimate(
        model,
        given,
        profile=profile,
        stages=STAGES,
        device=DEVICE,
        overrides=[f"ulysses_degree={gpus}"],
    )
    quick = ESTIMATORS[case].at(given)
    assert quick.peaks == {phase.name: phase.peak_bytes for phase in made.phases}
    assert quick.peak_bytes == made.peak_bytes
    assert quick.seconds == made.seconds is not None


def test_a_device_narrows_the_band():
    anywhere, hopper = (
        Estimator("t2v-14b", device=device, stages=["transformer"]) for device in (None, "h100")
    )
    given = workload(20, 22, 40, 512, 1)
    assert hopper.at(given).peaks["denoise"].low == hopper.at(given).peaks["denoise"].high
    assert anywhere.at(given).peaks["denoise"].high == hopper.at(given).peaks["denoise"].high


def test_a_workload_that_the_model_cannot_run_is_refused():
    estimator = ESTIMATORS[CASES[0]]
    with pytest.raises(InvalidValueError, match=r"workload\.height"):
        estimator.at(
            Workload(batch_size=1, num_frames=5, height=40, width=64, num_inference_steps=1)
        )


def test_a_form_takes_columns():
    import numpy as np

    estimator = ESTIMATORS[CASES[0]]
    rows = [workload(20, n, n + 1, 512, 1) for n in range(2, 9)]
    regime = Regime.of(rows[0], estimator.plan.run.geometry)
    columns = np.array([values(row, estimator.plan.run.geometry) for row in rows]).T
    form = estimator.form(regime, 1)
    low, high, *_ = form.function(lambda *options: np.maximum.reduce(options), *columns)
    for row, least, most in zip(rows, low, high, strict=True):
        assert estimator.at(row).peaks[form.phases[0]] == Band(int(least), int(most))


def test_without_a_device_there_are_no_seconds():
    assert (
        Estimator("t2v-14b", stages=["transformer"]).at(workload(20, 22, 40, 512, 1)).seconds
        is None
    )
