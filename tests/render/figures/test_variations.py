"""The curves: each point equals `meter`, and the run's own point is among them."""

import pytest
from attrs import evolve

from wanmeter import InvalidValueError, configure, meter
from wanmeter.backends.shared import SHARED
from wanmeter.errors import BackendError
from wanmeter.render.figures.variations import FRAMES, RESOLUTION, common, require_videos

SWEEPS = [FRAMES, RESOLUTION]


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
        core = report["transformer/blocks/self_attn/core"].cost.flops
        assert point.flops == {
            "self_attn core": core,
            "rest of transformer": report["transformer"].cost.flops - core,
            "text_encoder": report["text_encoder"].cost.flops,
            "vae_decode": report["vae_decode"].cost.flops,
        }


def test_what_a_model_cannot_do_is_left_out():
    # Of 1, 4, 7, ..., 41 latent frames: one is too few.
    between = FRAMES.points(configure("wan2_1_flf2v_14b", "wan2-1-480p"))
    assert between[0].workload.num_frames == 13
    references = configure("wan2_1_vace_1_3b", "wan2-1-480p", num_reference_images=3)
    assert FRAMES.points(references)[0].workload.num_frames == 13


def test_curves_reach_twice_as_far_as_the_run():
    run = configure("wan2_1_t2v_1_3b", "wan2-1-480p", num_frames=241)
    assert FRAMES.points(run)[-1].workload.num_frames == 481
    sizes = RESOLUTION.points(run)
    assert [(p.workload.width, p.workload.height) for p in (sizes[0], sizes[-1])] == [
        (208, 128),
        (1248, 720),
    ]


def limited(most):
    """A backend that supports at most `most` tokens."""

    def mlp(spec):
        if spec.tokens > most:
            raise BackendError("limited", "too much")
        return SHARED.mlp(spec)

    return evolve(SHARED, name="limited", mlp=mlp)


FRAME = 30 * 52
"""Tokens of a latent frame at 832x480."""


def test_what_a_backend_refuses_is_left_out():
    run = configure("wan2_1_t2v_1_3b", "wan2-1-480p", limited(25 * FRAME))
    reached = [point.workload.num_frames for point in FRAMES.points(run)]
    assert reached[0] == 1
    assert 81 <= reached[-1] <= 4 * 24 + 1
    other = FRAMES.points(configure("wan2_1_t2v_1_3b", "wan2-1-480p"))
    mine, theirs = common([other, FRAMES.points(run)])
    assert [point.workload for point in mine] == [point.workload for point in theirs]
    assert mine[-1].workload.num_frames == reached[-1]


def test_the_runs_own_refusal_is_not_hidden():
    backend = limited(20 * FRAME)
    with pytest.raises(BackendError, match="too much"):
        FRAMES.points(configure("wan2_1_t2v_1_3b", "wan2-1-480p", backend))


def test_what_is_no_workload_is_left_out(monkeypatch):
    from wanmeter.models.workload import Workload

    longest = 100
    checked = Workload.__init__

    def init(self, *args, **fields):
        if fields["num_frames"] > longest:
            raise InvalidValueError("workload.num_frames", 0, "few")
        checked(self, *args, **fields)

    run = configure("wan2_1_t2v_1_3b", "wan2-1-480p")
    monkeypatch.setattr(Workload, "__init__", init)
    assert 81 <= FRAMES.points(run)[-1].workload.num_frames <= longest


def test_images_have_no_frames_to_vary():
    require_videos(configure("wan2_1_t2v_1_3b", "wan2-1-480p"))
    with pytest.raises(InvalidValueError, match="a model that makes videos"):
        require_videos(configure("wan2_1_t2i_14b"))
