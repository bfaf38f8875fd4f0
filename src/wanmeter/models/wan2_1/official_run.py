"""How the official Wan2.1 program is run."""

from wanmeter.models.official_run import (
    PREDICTIONS,
    SAMPLER,
    OfficialOptions,
    OfficialRun,
    Waiting,
)
from wanmeter.models.wan2_1.spec import ModelSpec

SMALL_DIM = 1536
"""Width of the 1.3B models, which are made for 480p. Source: Wan2.1 README.md, the models' sizes."""

IMAGE_CONDITION: Waiting = {"mask": 1, "condition": 5}
"""The mask of given frames, and that mask joined to their latents. Source: wan/image2video.py."""


CLIP_IDLE_PARAMS = 560_937_984 + 1280 * 1024 + 1
"""Of CLIP's checkpoint, the text tower, the vision tower's head and the scale are loaded and never run.

Source: Wan2.1 wan/modules/clip.py, clip_xlm_roberta_vit_h_14: 1,193,014,785 parameters in all.
"""


def official_run(model: ModelSpec) -> OfficialRun:
    """Source: Wan2.1 README.md, the notes below the table of times and memory; wan/*.py, __init__."""
    from_images = model.task in ("i2v", "flf2v")
    return OfficialRun(
        on_one_gpu=OfficialOptions(offload_model=True, t5_cpu=model.dim <= SMALL_DIM),
        on_several=OfficialOptions(fsdp=True),
        converts=False,
        uses_xdit=True,
        frames_per_second=16,  # wan/configs/shared_config.py
        time_per_token=False,
        # The programs that start from images have init_on_cpu; text2video.py loads the model at once.
        starts_on_host=from_images,
        idle_params={"image_encoder": CLIP_IDLE_PARAMS} if from_images else {},
        waiting=_WAITING.get(model.task, _text_to_video),
        videos=_control_videos if model.task == "vace" else lambda _: 0,
    )


def _text_to_video(phase: str, _: bool) -> Waiting:
    """Source: Wan2.1 wan/text2video.py, WanT2V.generate."""
    started = phase in ("denoise", "vae_decode")
    return {"noise": 4, "latents": 4, **PREDICTIONS, **SAMPLER} if started else {}


def _with_images(phase: str, offload: bool) -> Waiting:
    """With offloading the predictions, and so the sampler's tensors, are on the host.

    Source: Wan2.1 wan/image2video.py, WanI2V.generate; first_last_frame2video.py.
    """
    if phase not in ("denoise", "vae_decode"):
        return {"noise": 4, "mask": 1}
    waiting: Waiting = {"noise": 4, **IMAGE_CONDITION, "latents": 4}
    if not offload:
        return {**waiting, **PREDICTIONS, **SAMPLER}
    return {**waiting, "model input": 4} if phase == "denoise" else waiting


def _with_control(phase: str, offload: bool) -> Waiting:
    """With the control video's latents, its masks, and the two joined.

    Source: Wan2.1 wan/vace.py, WanVace.generate: z0, m0 and z, of 32, 64 and 96 channels.
    """
    waiting = _text_to_video(phase, offload)
    return {**waiting, "control latents": 8, "masks": 16, "control": 24} if waiting else waiting


def _control_videos(phase: str) -> int:
    """The source and its mask; while the VAE encodes, also a copy of the mask, and the other half.

    Source: Wan2.1 wan/vace.py, WanVace.prepare_source and vace_encode_frames.
    """
    return 4 if phase == "vae_encode" else 2


_WAITING = {"i2v": _with_images, "flf2v": _with_images, "vace": _with_control}
