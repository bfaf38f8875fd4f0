"""The curves: each point is what `meter` says, and the run's own is among them."""

import pytest

from wanmeter import configure, meter
from wanmeter.figures.sweeps import FRAMES, RESOLUTION, STEPS

SWEEPS = [FRAMES, RESOLUTION, STEPS]


def named(sweep):
    return sweep.name


@pytest.mark.parametrize("sweep", SWEEPS, ids=named)
def test_points_are_what_meter_says(sweep):
    run = configure("wan2_1_t2v_1_3b", "wan2-1-480p")
    points = sweep.points(run)
    xs = [sweep.x(point.workload) for point in points]
    assert xs == sorted(set(xs))
    assert run.workload in [point.workload for point in points]
    for point in points[:: len(points) // 3]:
        report = meter("wan2_1_t2v_1_3b", point.workload)
        assert point.total == report.total.flops
        assert point.stages == {row.path: row.cost.flops for row in report.stages}
        assert point.cores == report["transformer/blocks/self_attn/core"].cost.flops


def test_what_a_model_cannot_do_is_left_out():
    between = FRAMES.points(configure("wan2_1_flf2v_14b", "wan2-1-480p"))
    assert between[0].workload.num_frames == 5
    references = configure("wan2_1_vace_1_3b", "wan2-1-480p", num_reference_images=3)
    assert FRAMES.points(references)[0].workload.num_frames == 9


def test_curves_reach_twice_as_far_as_the_run():
    run = configure("wan2_1_t2v_1_3b", "wan2-1-480p", num_frames=241)
    assert FRAMES.points(run)[-1].workload.num_frames == 481
    assert STEPS.points(run)[-1].workload.num_inference_steps == 100
    sizes = RESOLUTION.points(run)
    assert [(p.workload.width, p.workload.height) for p in (sizes[0], sizes[-1])] == [
        (208, 128),
        (1248, 720),
    ]
