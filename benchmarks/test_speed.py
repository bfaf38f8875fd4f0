"""Times within one process: a cost, a report, and a row of a sweep."""

import pytest

from wanmeter import Estimator, Meter, Workload, configure, estimate, meter
from wanmeter.sweeping.estimates import EstimateColumns
from wanmeter.sweeping.table import Sweep

MODEL = "wan2_1_t2v_14b"
RUN = configure(MODEL, "wan2-1-720p")


@pytest.mark.parametrize("num_frames", [5, 81, 1001])
def test_a_cost(benchmark, num_frames):
    bound = Meter(RUN)
    workload = Workload(num_frames=num_frames, height=720, width=1280, num_inference_steps=50)
    bound.cost(workload)
    assert benchmark(bound.cost, workload).flops


def test_a_whole_report(benchmark):
    bound = Meter(RUN)
    bound.report(RUN.workload)
    assert benchmark(bound.report, RUN.workload).total.flops


def test_a_whole_report_without_a_closed_form(benchmark):
    assert benchmark(meter, MODEL, "wan2-1-720p").total.flops


def test_a_closed_form_is_derived(benchmark):
    def derived():
        return Meter(RUN).cost(RUN.workload)

    assert benchmark(derived).flops


@pytest.mark.parametrize("rows", [10**3, 10**4, 10**5, 10**6, 10**7])
def test_a_sweep_of_totals(benchmark, rows):
    axes = {
        "num_frames": range(1, 161, 4),
        "height": range(16, 16 * 26, 16),
        "num_inference_steps": range(1, min(rows // 1000, 100) + 1),
        "text_len": range(1, max(rows // 10**5, 1) + 1),
    }
    table = Sweep(RUN, axes, by_stage=False)
    assert len(table) == rows
    next(iter(table))

    def swept():
        return sum(len(chunk) for chunk in table)

    assert benchmark.pedantic(swept, rounds=3 if rows > 10**5 else 10) == rows


def test_an_estimate(benchmark):
    """Of another number of frames each time; executions of the same are kept."""
    frames = iter(range(5, 10**6, 4))

    def estimated():
        workload = Workload(num_frames=next(frames), height=720, width=1280, num_inference_steps=50)
        return estimate(MODEL, workload, device="h100").seconds

    assert benchmark(estimated)


def test_an_estimate_from_a_closed_form(benchmark):
    bound = Estimator(MODEL, device="h100")
    bound.at(RUN.workload)
    assert benchmark(bound.at, RUN.workload).seconds


def test_a_sweep_of_seconds_and_peaks(benchmark):
    bound = Estimator(MODEL, device="h100")
    axes = {
        "num_frames": range(9, 161, 4),
        "size": [(832, 480), (1280, 720)],
        "num_inference_steps": range(1, 51),
        "text_len": range(413, 513),
    }
    table = Sweep(bound.plan.run, axes, evaluated=EstimateColumns(bound.plan, bound.device))
    next(iter(table))

    def swept():
        return sum(len(chunk) for chunk in table)

    assert benchmark.pedantic(swept, rounds=3) == len(table) == 38 * 2 * 50 * 100
