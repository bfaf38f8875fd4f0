"""The stages of Wan2.1's pipelines."""

from collections.abc import Mapping

from wanmeter.layers import StepScaled
from wanmeter.models.components import stages
from wanmeter.models.components.encoders import ImageEncoder
from wanmeter.models.pipeline import Stage
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.layer_factory import LayerFactory
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.models.wan2_1.transformer import build_transformer
from wanmeter.models.workload import Workload


def _image_encoder(settings: Settings[ModelSpec], workload: Workload) -> list[ImageEncoder]:
    """All images of all samples in one pass."""
    return stages.image_encoder(settings, workload.batch_size * settings.model.num_images)


def _vae_encode(settings: Settings[ModelSpec], workload: Workload) -> list[StepScaled]:
    """One clip as long as the video; for VACE two, and each reference image on its own."""
    clips = [(workload.num_frames, 2 if settings.model.task == "vace" else 1)]
    if workload.num_reference_images:
        clips += [(1, workload.num_reference_images)]
    return stages.vae_encode(settings, workload, clips)


def _transformer(settings: Settings[ModelSpec], workload: Workload) -> list[StepScaled]:
    """One pass per step, or two with guidance."""
    grid = GEOMETRY.grid(workload)
    factory = LayerFactory(
        model=settings.model,
        options=settings.transformer,
        workload=workload,
        backend=settings.layer_impl,
        grid=grid.with_frames(workload.num_reference_images),
        image_tokens=settings.model.num_images * settings.image_encoder.tokens,
    )
    return [StepScaled(build_transformer(factory), workload.forward_passes)]


def _sees_images(model: ModelSpec) -> bool:
    return model.num_images > 0


STAGES: Mapping[str, Stage[ModelSpec]] = {
    "text_encoder": Stage(
        component="text_encoder",
        layers=stages.text_encoder,
        modelled=lambda _: stages.TEXT_ENCODER,
    ),
    "image_encoder": Stage(
        component="image_encoder",
        layers=_image_encoder,
        modelled=lambda _: (
            "the image encoder (CLIP ViT-H/14) on the images that i2v and flf2v are given"
        ),
        exists=lambda model, _: _sees_images(model),
    ),
    "vae_encode": Stage(
        component="vae",
        layers=_vae_encode,
        modelled=lambda _: stages.VAE_ENCODE,
        exists=lambda model, _: _sees_images(model) or model.task == "vace",
    ),
    "transformer": Stage(
        component="transformer",
        layers=_transformer,
        modelled=lambda settings: stages.transformer(settings, "over all steps"),
        # It attends to the image encoder's tokens.
        needs=lambda model: ("image_encoder",) if _sees_images(model) else (),
    ),
    "vae_decode": Stage(
        component="vae",
        layers=lambda settings, workload: stages.vae_decode(
            settings, workload, GEOMETRY.grid(workload)
        ),
        modelled=lambda _: stages.VAE_DECODE,
    ),
}
"""In execution order, as in the official code.

Source: Wan2.1 wan/text2video.py, image2video.py, first_last_frame2video.py and vace.py.
"""
