"""Which steps run which expert."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from wanmeter import InvalidValueError, Meter, Report, configure, meter, sweep
from wanmeter.models.wan2_2.schedule import expert_steps, high_noise_steps, timestep


# Source: Wan2.2 wan/configs, sample_steps, sample_shift and boundary of each model.
@pytest.mark.parametrize(
    ("model", "steps", "split"),
    [
        ("t2v-a14b", 40, (26, 14)),
        ("t2v-a14b", 20, (13, 7)),
        ("t2v-a14b", 8, (6, 2)),
        ("t2v-a14b", 4, (3, 1)),
        ("i2v-a14b", 40, (15, 25)),
        ("i2v-a14b", 20, (8, 12)),
        ("i2v-a14b", 8, (3, 5)),
        ("i2v-a14b", 4, (2, 2)),
        ("t2v-a14b", 1, (1, 0)),
    ],
)
def test_the_official_splits(model, steps, split):
    run = configure(model, num_inference_steps=steps)
    assert expert_steps(run.model, run.workload) == split
    report = Report.of(run)
    passes = [report[stage].calls for stage in ("transformer", "transformer_2")]
    assert passes == [2 * each for each in split]  # with guidance
    assert f"{steps} step{'s' * (steps > 1)} ({split[0]} + {split[1]})" in report.caption


@given(
    steps=st.integers(1, 10**6),
    shift=st.floats(0.1, 50),
    boundary=st.floats(0.01, 0.99),
)
def test_the_split_is_where_the_times_cross_the_boundary(steps, shift, boundary):
    high = high_noise_steps(steps, shift, boundary)
    assert 0 <= high <= steps
    if high:
        assert timestep(high - 1, steps, shift) >= boundary * 1000
    if high < steps:
        assert timestep(high, steps, shift) < boundary * 1000


@given(steps=st.integers(2, 1000), shift=st.floats(0.1, 50))
def test_times_fall(steps, shift):
    times = [timestep(step, steps, shift) for step in range(steps)]
    assert times == sorted(times, reverse=True)
    assert 0 <= times[-1] <= times[0] <= 999


def test_a_shift_moves_steps_to_the_first_expert():
    """LightX2V: 4 steps at a shift of 5 are 2 and 2; at the model's own 12 they are 3 and 1."""
    report = meter("t2v-a14b", "lightx2v")
    assert [report[f"transformer{n}"].calls for n in ("", "_2")] == [2, 2]
    assert report.workload.sample_shift == 5
    assert "4 steps (2 + 2) without guidance, shift 5" in report.caption


def test_steps_that_are_given_hold():
    report = meter("t2v-a14b", "turbodiffusion")
    assert [report[f"transformer{n}"].calls for n in ("", "_2")] == [2, 2]
    report = meter("i2v-a14b", "wan2-1-ci-tiny", num_inference_steps=5, high_noise_steps=0)
    assert [report[f"transformer{n}"].calls for n in ("", "_2")] == [0, 5]


def test_an_expert_without_steps_is_loaded_and_never_called():
    report = meter("t2v-a14b", "wan2-1-ci-tiny", num_inference_steps=1)
    row = report["transformer_2"]
    assert (row.calls, row.cost.flops, row.cost.activation_bytes) == (0, 0, 0)
    assert row.cost.weight_bytes == report["transformer"].cost.weight_bytes
    assert report.total.params >= 2 * 14_288_491_584


@pytest.mark.parametrize(
    ("model", "given", "problem"),
    [
        ("t2v-a14b", {"high_noise_steps": 41}, "got 41; allowed: at most num_inference_steps = 40"),
        ("ti2v-5b", {"high_noise_steps": 1}, "got 1; allowed: null: wan2_2_ti2v_5b has one"),
        ("t2v-14b", {"high_noise_steps": 1}, "got 1; allowed: null: wan2_1_t2v_14b has one"),
        ("t2v-a14b", {"sample_shift": 0}, "got 0.0; allowed: a positive number"),
        ("t2v-a14b", {"sample_shift": "5"}, "got '5'; allowed: a positive number"),
        ("t2v-a14b", {"sample_shift": float("nan")}, "got nan; allowed: a positive number"),
        ("t2v-a14b", {"image": True}, "got True; allowed: false: the task of wan2_2_t2v_a14b"),
        ("t2v-14b", {"image": True}, "got True; allowed: false: the task of wan2_1_t2v_14b"),
        ("ti2v-5b", {"num_reference_images": 1}, "got 1; allowed: 0"),
    ],
)
def test_what_a_model_cannot_have_is_refused(model, given, problem):
    (name,) = given
    with pytest.raises(InvalidValueError) as error:
        configure(model, **given)
    assert str(error.value).startswith(f"workload.{name}: {problem}")


# One step of each expert, one of one, none of the other: the closed forms of all three regimes.
@pytest.mark.parametrize("given", [{}, {"high_noise_steps": 2}, {"sample_shift": 3}])
def test_closed_forms_and_sweeps_are_the_single_runs(given):
    steps = [2, 3, 4, 9] if "high_noise_steps" in given else [1, 2, 3, 4, 9]
    base = configure("t2v-a14b", "wan2-1-ci-tiny", num_inference_steps=4, **given)
    metered = Meter(base)
    rows = sweep(base, num_inference_steps=steps, num_frames=[1, 5, 9])
    at = 0
    for number in steps:
        for frames in (1, 5, 9):
            workload = evolve(base.workload, num_inference_steps=number, num_frames=frames)
            report = Report.of(evolve(base, workload=workload))
            assert metered.report(workload) == report
            for stage in report.stages:
                assert rows[f"{stage.path}/flops"][at] == stage.cost.flops
                assert rows[f"{stage.path}/activation_bytes"][at] == stage.cost.activation_bytes
            at += 1


def test_a_sweep_leaves_out_fewer_steps_than_the_first_expert_takes():
    base = configure("t2v-a14b", "wan2-1-ci-tiny", num_inference_steps=4, high_noise_steps=3)
    rows = sweep(base, num_inference_steps=[2, 3, 4], skip_invalid=True)
    assert rows["num_inference_steps"].tolist() == [3, 4]
    assert rows.skipped[0].problem.startswith("workload.high_noise_steps: got 3; allowed: at most")


def test_a_sweep_takes_what_all_its_rows_share():
    rows = sweep("t2v-a14b", "wan2-1-ci-tiny", num_inference_steps=[4, 8], sample_shift=5)
    for i, steps in enumerate((4, 8)):
        single = meter("t2v-a14b", "wan2-1-ci-tiny", num_inference_steps=steps, sample_shift=5)
        assert rows["transformer/flops"][i] == single["transformer"].cost.flops
