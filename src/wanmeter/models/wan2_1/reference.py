"""What the costs of Wan2.1 are compared with: diffusers' and transformers' models and pipelines."""

from collections.abc import Mapping

from wanmeter.models.components.counterparts import image_encoder_counterparts
from wanmeter.models.components.real_modules import image_encoder_module
from wanmeter.models.components.real_stages import (
    OUTSIDE,
    TEXT_ENCODER,
    passes,
    vae_decode,
    vae_encode,
)
from wanmeter.models.reference import RealPasses, RealStage, Reference
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.counterparts import transformer_counterparts
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.real_modules import transformer_module
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.models.wan2_1.toy_pipeline import toy_pipeline

REAL_TEXT_LEN = 512
"""Text tokens that the real models expect. Source: diffusers WanAttnProcessor."""


def _clips(settings: Settings[ModelSpec]) -> tuple[RealPasses, ...]:
    """The video; for VACE two, and each reference image as a clip of its own."""
    workload = settings.workload
    if settings.model.task != "vace":
        return passes(settings)
    clips = {workload.num_frames: 2}
    if workload.num_reference_images:
        clips[1] = clips.get(1, 0) + workload.num_reference_images
    return tuple(RealPasses(count=count, num_frames=frames) for frames, count in clips.items())


def _why_not(settings: Settings[ModelSpec]) -> str:
    text_len = settings.workload.text_len
    if settings.model.num_images and text_len != REAL_TEXT_LEN:
        return (
            f"the real model takes the last {REAL_TEXT_LEN} tokens of the context for the text's,"
            f" and text_len is {text_len}"
        )
    return ""


STAGES: Mapping[str, RealStage[ModelSpec]] = {
    "text_encoder": TEXT_ENCODER,
    "image_encoder": RealStage(
        counterparts=lambda _: image_encoder_counterparts(),
        module=lambda run: image_encoder_module(
            run.image_encoder, images=run.workload.batch_size * run.model.num_images
        ),
        passes=passes,
    ),
    "vae_encode": vae_encode(_clips),
    "transformer": RealStage(
        counterparts=lambda run: transformer_counterparts(run.model.task),
        module=transformer_module,
        passes=lambda run: passes(run, run.workload.forward_passes),
        why_not=_why_not,
        is_whole=lambda run: run.transformer.scope == "full" and run.transformer.qk_norm,
    ),
    "vae_decode": vae_decode(lambda _: GEOMETRY),
}
"""The forward passes are those of the official programs.

Source: Wan2.1 wan/text2video.py, image2video.py, first_last_frame2video.py and vace.py.
"""

REFERENCE = Reference(
    stages=STAGES,
    pipeline=toy_pipeline,
    outside=OUTSIDE,
)
"""Wan2.1 as in diffusers 0.42 and transformers 5."""
