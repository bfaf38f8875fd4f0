"""The stages of Wan2.2's pipelines."""

from collections.abc import Mapping
from functools import partial

from wanmeter.layers import Layer, StepScaled, idle
from wanmeter.models.components import stages
from wanmeter.models.pipeline import Stage
from wanmeter.models.settings import Settings
from wanmeter.models.transformer_options import TimeEmbedding
from wanmeter.models.wan2_1.layer_factory import LayerFactory
from wanmeter.models.wan2_1.transformer import build_transformer
from wanmeter.models.wan2_2.geometry import geometry
from wanmeter.models.wan2_2.schedule import expert_steps
from wanmeter.models.wan2_2.spec import Wan22Spec
from wanmeter.models.workload import Workload
from wanmeter.validators import is_int

TIME_EMBEDDING: TimeEmbedding = "per_token"
"""Source: Wan2.2 wan/modules/model.py, WanModel.forward, which expands t to every token."""


def _vae_encode(settings: Settings[Wan22Spec], workload: Workload) -> list[StepScaled]:
    """A clip as long as the video, or for the 5B the image alone."""
    frames = 1 if settings.model.task == "ti2v" else workload.num_frames
    return stages.vae_encode(settings, workload, [(frames, 1)])


def has_time_per_token(settings: Settings[Wan22Spec]) -> bool:
    """Whether each token has a time embedding of its own."""
    return (settings.transformer.time_embedding or TIME_EMBEDDING) == "per_token"


def _expert(settings: Settings[Wan22Spec], workload: Workload, number: int) -> list[Layer]:
    """The first or second expert: one pass per step, or two with guidance.

    Without steps it is loaded, and never called.
    """
    transformer = build_transformer(
        LayerFactory(
            model=settings.model.transformer,
            options=settings.transformer,
            workload=workload,
            backend=settings.layer_impl,
            grid=geometry(settings.model).grid(workload),
            time_per_token=has_time_per_token(settings),
        )
    )
    steps = expert_steps(settings.model, workload)[number]
    never = is_int(steps) and steps == 0
    return [idle(transformer) if never else StepScaled(transformer, steps * workload.prompts)]


def _two_experts(model: Wan22Spec, _: Workload) -> bool:
    return model.boundary is not None


def is_given_an_image(model: Wan22Spec, workload: Workload) -> bool:
    """Whether the VAE encodes an image."""
    return model.task == "i2v" or workload.image


STAGES: Mapping[str, Stage[Wan22Spec]] = {
    "text_encoder": Stage(
        component="text_encoder",
        layers=stages.text_encoder,
        modelled=lambda _: stages.TEXT_ENCODER,
    ),
    "vae_encode": Stage(
        component="vae",
        layers=_vae_encode,
        modelled=lambda _: stages.VAE_ENCODE,
        exists=is_given_an_image,
    ),
    "transformer": Stage(
        component="transformer",
        layers=partial(_expert, number=0),
        modelled=lambda settings: stages.transformer(
            settings,
            "over all steps" if settings.model.boundary is None else "over the high-noise steps",
        ),
    ),
    "transformer_2": Stage(
        component="transformer",
        layers=partial(_expert, number=1),
        modelled=lambda settings: stages.transformer(settings, "over the low-noise steps"),
        exists=_two_experts,
    ),
    "vae_decode": Stage(
        component="vae",
        layers=lambda settings, workload: stages.vae_decode(
            settings, workload, geometry(settings.model).grid(workload)
        ),
        modelled=lambda _: stages.VAE_DECODE,
    ),
}
"""In execution order, as in the official code, and by diffusers' names.

Source: Wan2.2 wan/text2video.py, image2video.py and textimage2video.py.
"""
