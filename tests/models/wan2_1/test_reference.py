"""What Wan2.1 is compared with: how often each real model runs, and what keeps one from being measured."""

import pytest

from wanmeter import configure
from wanmeter.models.reference import Pass


def test_text_to_video():
    run = configure("wan2_1_t2v_14b", "wan2-1-480p")
    assert run.reference.schedule(run) == {
        "text_encoder": (Pass(count=2, num_frames=81),),
        "transformer": (Pass(count=100, num_frames=81),),
        "vae_decode": (Pass(count=1, num_frames=81),),
    }


@pytest.mark.parametrize(
    ("frames", "references", "clips"),
    [(81, 0, {81: 2}), (81, 3, {81: 2, 1: 3}), (1, 1, {1: 3})],
)
def test_vace_encodes_two_clips_and_each_reference_image(frames, references, clips):
    run = configure(
        "wan2_1_vace_14b", "wan2-1-480p", num_frames=frames, num_reference_images=references
    )
    passes = run.reference.schedule(run)["vae_encode"]
    assert {each.num_frames: each.count for each in passes} == clips


def why_not(run, stage):
    return run.reference.why_not(run, stage)


def test_image_models_are_measured_at_512_text_tokens_only():
    run = configure("wan2_1_i2v_14b", "wan2-1-480p", text_len=64)
    assert "text_len is 64" in why_not(run, "transformer")
    assert why_not(run, "vae_encode") == ""
    assert why_not(configure("wan2_1_i2v_14b", "wan2-1-480p"), "transformer") == ""
    assert why_not(configure("wan2_1_t2v_14b", "wan2-1-480p", text_len=64), "transformer") == ""
