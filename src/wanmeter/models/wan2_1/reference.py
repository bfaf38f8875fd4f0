"""What the costs of Wan2.1 are compared with: diffusers' and transformers' models and pipelines."""

from collections.abc import Callable, Mapping

from wanmeter.models.components.counterparts import (
    image_encoder_counterparts,
    text_encoder_counterparts,
    vae_decode_counterparts,
    vae_encode_counterparts,
)
from wanmeter.models.components.real_modules import (
    image_encoder_module,
    text_encoder_module,
    vae_decode_module,
    vae_encode_module,
)
from wanmeter.models.reference import (
    Counterpart,
    Counterparts,
    Pass,
    RealModule,
    Reference,
    Schedule,
    in_stage,
)
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.counterparts import transformer_counterparts
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.pipeline import stages_of
from wanmeter.models.wan2_1.real_modules import transformer_module
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.models.wan2_1.toy_pipeline import toy_pipeline

REAL_TEXT_LEN = 512
"""Text tokens that the real models expect. Source: diffusers WanAttnProcessor."""


def _counterparts(settings: Settings[ModelSpec], stage: str) -> Counterparts:
    tables: Mapping[str, Callable[[], dict[str, Counterpart]]] = {
        "text_encoder": text_encoder_counterparts,
        "image_encoder": image_encoder_counterparts,
        "vae_encode": lambda: vae_encode_counterparts(settings.vae),
        "transformer": lambda: transformer_counterparts(settings.model.task),
        "vae_decode": lambda: vae_decode_counterparts(settings.vae),
    }
    return in_stage(stage, tables[stage]())


def _module(settings: Settings[ModelSpec], stage: str) -> RealModule:
    workload = settings.workload
    batch_size = workload.batch_size
    modules: Mapping[str, Callable[[], RealModule]] = {
        "text_encoder": lambda: text_encoder_module(
            settings.text_encoder, batch_size=batch_size, tokens=workload.text_len
        ),
        "image_encoder": lambda: image_encoder_module(
            settings.image_encoder, images=batch_size * settings.model.num_images
        ),
        "vae_encode": lambda: vae_encode_module(
            settings.vae, batch_size=batch_size, height=workload.height, width=workload.width
        ),
        "transformer": lambda: transformer_module(settings),
        "vae_decode": lambda: vae_decode_module(
            settings.vae, batch_size=batch_size, latents=GEOMETRY.grid(workload).size
        ),
    }
    return modules[stage]()


def _schedule(settings: Settings[ModelSpec]) -> Schedule:
    """The forward passes of the official programs.

    Source: Wan2.1 wan/text2video.py, image2video.py, first_last_frame2video.py and vace.py.
    """
    workload = settings.workload
    counts = {"text_encoder": workload.prompts, "transformer": workload.forward_passes}
    passes: dict[str, tuple[Pass, ...]] = {
        stage: (Pass(count=counts.get(stage, 1), num_frames=workload.num_frames),)
        for stage in settings.stages or stages_of(settings.model)
    }
    if "vae_encode" in passes and settings.model.task == "vace":
        clips = {workload.num_frames: 2}
        if workload.num_reference_images:
            clips[1] = clips.get(1, 0) + workload.num_reference_images
        passes["vae_encode"] = tuple(
            Pass(count=count, num_frames=length) for length, count in clips.items()
        )
    return passes


def _why_not(settings: Settings[ModelSpec], stage: str) -> str:
    text_len = settings.workload.text_len
    if stage == "transformer" and settings.model.num_images and text_len != REAL_TEXT_LEN:
        return (
            f"the real model takes the last {REAL_TEXT_LEN} tokens of the context for the text's,"
            f" and text_len is {text_len}"
        )
    return ""


def _is_whole(settings: Settings[ModelSpec], stage: str) -> bool:
    options = settings.transformer
    return stage != "transformer" or (options.scope == "full" and options.qk_norm)


REFERENCE = Reference(
    counterparts=_counterparts,
    module=_module,
    pipeline=toy_pipeline,
    schedule=_schedule,
    why_not=_why_not,
    is_whole=_is_whole,
    outside=frozenset({"vae_encode/normalize", "vae_decode/denormalize"}),
)
"""Wan2.1 as in diffusers 0.42 and transformers 5."""
