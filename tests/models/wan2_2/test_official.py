"""Wan2.2 costs what the official code computes: recorded by `tests.reference.record_official`, no torch."""

import json

import pytest

from tests.reference.record_official import RECORD
from wanmeter import Workload, meter
from wanmeter.models.components.vae import VaeDecode, VaeEncode
from wanmeter.models.wan2_2.geometry import best_output_size
from wanmeter.models.wan2_2.schedule import high_noise_steps
from wanmeter.models.wan2_2.spec import VAE_5B

OFFICIAL = json.loads(RECORD.read_text())


@pytest.mark.parametrize("layer_impl", ["shared", "wan2_1"])
@pytest.mark.parametrize("case", OFFICIAL["transformers"])
def test_a_forward_pass(case, layer_impl):
    """In both forms of the time embedding; Wan2.1's code has one per sample."""
    name, frames, width, height, form = case.split()
    workload = Workload(
        num_frames=int(frames),
        width=int(width),
        height=int(height),
        num_inference_steps=1,
        guidance=False,
    )
    overrides = [f"transformer.time_embedding={form}"]
    report = meter(name, workload, layer_impl, stages=["transformer"], overrides=overrides)
    measured = OFFICIAL["transformers"][case]
    assert (report.total.flops, report.total.params) == (measured["flops"], measured["params"])


@pytest.mark.parametrize("case", OFFICIAL["vae"])
def test_the_vae(case):
    method, *numbers = case.split()
    frames, width, height = map(int, numbers)
    latents = ((frames - 1) // 4 + 1, height // 16, width // 16)
    layer = (
        VaeEncode(spec=VAE_5B, batch_size=1, video=(frames, height, width))
        if method == "encode"
        else VaeDecode(spec=VAE_5B, batch_size=1, latents=latents)
    )
    assert layer.cost.flops == OFFICIAL["vae"][case]["flops"]


def test_the_vaes_parameters():
    """Encoder and decoder together are the whole model."""
    encode = VaeEncode(spec=VAE_5B, batch_size=1, video=(1, 32, 32)).cost.params
    decode = VaeDecode(spec=VAE_5B, batch_size=1, latents=(1, 2, 2)).cost.params
    (total,) = {case["params"] for case in OFFICIAL["vae"].values()}
    assert encode + decode == total == 704_688_668


@pytest.mark.parametrize("setting", OFFICIAL["high_noise_steps"])
def test_the_steps_of_the_first_expert(setting):
    """Counted in the time steps of the official solver."""
    boundary, shift = map(float, setting.split())
    ours = [high_noise_steps(steps, shift, boundary) for steps in OFFICIAL["steps"]]
    assert ours == OFFICIAL["high_noise_steps"][setting]


def test_the_size_of_a_video_made_from_an_image():
    for width, height, area, *made in OFFICIAL["best_output_size"]:
        assert best_output_size((width, height), area) == tuple(made)
