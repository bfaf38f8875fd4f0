"""What the costs of Wan2.2 are compared with: diffusers' and transformers' models and pipelines."""

from collections.abc import Mapping

from attrs import evolve

from wanmeter.models.components.real_stages import (
    OUTSIDE,
    TEXT_ENCODER,
    passes,
    vae_decode,
    vae_encode,
)
from wanmeter.models.reference import Input, RealModule, RealPasses, RealStage, Reference
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.counterparts import transformer_counterparts
from wanmeter.models.wan2_1.real_modules import transformer_recipe
from wanmeter.models.wan2_2.geometry import geometry
from wanmeter.models.wan2_2.schedule import expert_steps
from wanmeter.models.wan2_2.spec import Wan22Spec
from wanmeter.models.wan2_2.stages import has_time_per_token
from wanmeter.models.wan2_2.toy_pipeline import toy_pipeline


def _transformer_module(settings: Settings[Wan22Spec]) -> RealModule:
    """A transformer in one denoising step, on one prompt per sample."""
    model, workload = settings.model, settings.workload
    grid, batch = geometry(model).grid(workload), workload.batch_size
    times = (batch, grid.tokens) if has_time_per_token(settings) else (batch,)
    inputs = {
        "hidden_states": Input((batch, model.in_dim, *grid.size)),
        "timestep": Input(times, integer=True),
        "encoder_hidden_states": Input((batch, workload.text_len, model.text_dim)),
    }
    return RealModule(
        recipe=transformer_recipe(model.transformer, image_tokens=0),
        inputs=lambda _: inputs,
        blocks={"blocks": model.num_layers},
    )


def _clips(settings: Settings[Wan22Spec]) -> tuple[RealPasses, ...]:
    """The video, or for the 5B its first frame."""
    clip = RealPasses(count=1, num_frames=1)
    return (clip,) if settings.model.task == "ti2v" else passes(settings)


def _passes(settings: Settings[Wan22Spec], expert: int) -> tuple[RealPasses, ...]:
    """The steps of an expert, twice with guidance."""
    steps = expert_steps(settings.model, settings.workload)[expert]
    return passes(settings, steps * settings.workload.prompts)


TRANSFORMER: RealStage[Wan22Spec] = RealStage(
    counterparts=lambda _: transformer_counterparts("t2v"),
    module=_transformer_module,
    passes=lambda run: _passes(run, 0),
    is_whole=lambda run: run.transformer.scope == "full" and run.transformer.qk_norm,
)

STAGES: Mapping[str, RealStage[Wan22Spec]] = {
    "text_encoder": TEXT_ENCODER,
    "vae_encode": vae_encode(_clips),
    "transformer": TRANSFORMER,
    "transformer_2": evolve(TRANSFORMER, passes=lambda run: _passes(run, 1)),
    "vae_decode": vae_decode(geometry),
}
"""The forward passes are those of the official programs.

Source: Wan2.2 wan/text2video.py, image2video.py and textimage2video.py.
"""

REFERENCE = Reference(stages=STAGES, pipeline=toy_pipeline, outside=OUTSIDE)
"""Wan2.2 as in diffusers 0.42 and transformers 5."""
