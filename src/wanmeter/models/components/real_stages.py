"""The real models of the stages that families share, and how often each runs."""

from collections.abc import Callable
from typing import Any

from wanmeter.models.components.counterparts import (
    text_encoder_counterparts,
    vae_decode_counterparts,
    vae_encode_counterparts,
)
from wanmeter.models.components.real_modules import (
    text_encoder_module,
    vae_decode_module,
    vae_encode_module,
)
from wanmeter.models.geometry import Geometry
from wanmeter.models.reference import RealPasses, RealStage
from wanmeter.models.settings import Settings


def passes(settings: Settings[Any], count: int = 1) -> tuple[RealPasses, ...]:
    """A number of passes on the workload's own shape."""
    return (RealPasses(count=count, num_frames=settings.workload.num_frames),)


TEXT_ENCODER: RealStage[Any] = RealStage(
    counterparts=lambda _: text_encoder_counterparts(),
    module=lambda run: text_encoder_module(
        run.text_encoder, batch_size=run.workload.batch_size, tokens=run.workload.text_len
    ),
    passes=lambda run: passes(run, run.workload.prompts),
)


def vae_encode(clips: Callable[[Settings[Any]], tuple[RealPasses, ...]]) -> RealStage[Any]:
    """The VAE's encoder on some clips."""
    return RealStage(
        counterparts=lambda run: vae_encode_counterparts(run.vae),
        module=lambda run: vae_encode_module(
            run.vae,
            batch_size=run.workload.batch_size,
            height=run.workload.height,
            width=run.workload.width,
        ),
        passes=clips,
    )


def vae_decode(geometry: Callable[[Any], Geometry]) -> RealStage[Any]:
    """The VAE's decoder on the video."""
    return RealStage(
        counterparts=lambda run: vae_decode_counterparts(run.vae),
        module=lambda run: vae_decode_module(
            run.vae,
            batch_size=run.workload.batch_size,
            latents=geometry(run.model).grid(run.workload).size,
        ),
        passes=passes,
    )


OUTSIDE = frozenset({"vae_encode/normalize", "vae_decode/denormalize"})
"""Rows whose work the pipeline does, before or after the real model."""
