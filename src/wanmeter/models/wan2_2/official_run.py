"""How the official Wan2.2 programs are run."""

from functools import partial

from wanmeter.models.official_run import (
    PREDICTIONS,
    SAMPLER,
    OfficialOptions,
    OfficialRun,
    Waiting,
)
from wanmeter.models.wan2_2.spec import Wan22Spec

DENOISED = ("denoise", "denoise_2", "vae_decode")
"""The phases with latents."""


def official_run(model: Wan22Spec) -> OfficialRun:
    """Source: Wan2.2 README.md, note 1 below the table of times and memory; wan/*.py, init_on_cpu."""
    dense = model.boundary is None
    small = OfficialOptions(offload_model=True, t5_cpu=True)
    return OfficialRun(
        on_one_gpu=small if dense else OfficialOptions(offload_model=True),
        on_several=small if dense else OfficialOptions(fsdp=True),
        converts=True,
        uses_xdit=False,
        frames_per_second=24 if dense else 16,  # wan/configs/wan_*.py, sample_fps
        time_per_token=dense,  # textimage2video.py
        starts_on_host=True,
        idle_params={},
        waiting=partial(_waiting, model.task),
    )


def _waiting(task: str, phase: str, _: bool) -> Waiting:
    """Source: Wan2.2 wan/text2video.py, image2video.py and textimage2video.py."""
    masks = {"mask": 1, "condition": 5} if task == "i2v" else {}
    if phase not in DENOISED:
        return {"noise": 4, "mask": 1} if task == "i2v" else {}
    if task == "ti2v":
        masks = {"masks": 8}
    return {"noise": 4, "latents": 4, **masks, **PREDICTIONS, **SAMPLER}
