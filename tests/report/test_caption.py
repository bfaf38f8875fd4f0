"""The caption: two runs that cost differently are not named alike."""

import pytest

from wanmeter import meter
from wanmeter.models import TransformerOptions


def test_the_model_and_the_workload():
    report = meter("wan2_1_t2v_14b", "wan2-1-720p")
    assert report.caption == ("wan2_1_t2v_14b: 1 x 1280x720, 81 frames, 50 steps with guidance")


def test_one_is_singular():
    report = meter("wan2_1_t2v_14b", "wan2-1-720p", num_frames=1, num_inference_steps=1)
    assert report.caption == "wan2_1_t2v_14b: 1 x 1280x720, 1 frame, 1 step with guidance"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"text_len": 64}, ", 64 text tokens"),
        ({"guidance": False}, " without guidance"),
        ({"transformer": TransformerOptions(weight_bits=8)}, "; transformer.weight_bits=8"),
        ({"transformer": "wan2_1_dit_core"}, "; transformer.scope=core; transformer.qk_norm=False"),
        ({"stages": ["transformer", "vae_decode"]}, "; transformer, vae_decode only"),
    ],
)
def test_whatever_is_not_as_usual_is_said(asked, said):
    usual = meter("wan2_1_t2v_1_3b").caption
    report = meter("wan2_1_t2v_1_3b", **asked)
    assert said in report.caption
    assert said not in usual


def test_the_peaks_hold_what_stands_around():
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
    peaks = {row.path: peak for row, peak in report.peaks}
    ffn = report["transformer/blocks/ffn"]
    around = ffn.held_bytes + report["transformer/blocks"].held_bytes
    assert peaks["transformer/blocks/ffn"] == ffn.cost.activation_bytes + around
    assert max(peaks.values()) == report.total.activation_bytes
