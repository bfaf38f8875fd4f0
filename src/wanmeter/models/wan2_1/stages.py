"""The stages of Wan2.1's pipelines."""

from collections.abc import Mapping
from functools import partial

from wanmeter.backends.registry import BUILT_IN
from wanmeter.layers import StepScaled
from wanmeter.layers.interning import Interned
from wanmeter.models.components.encoders import ImageEncoder, TextEncoder
from wanmeter.models.components.vae import VaeDecode, VaeEncode
from wanmeter.models.pipeline import Stage
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.layer_factory import LayerFactory
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.models.wan2_1.transformer import build_transformer
from wanmeter.models.workload import Workload

interned_stage = Interned(64)
"""Makes a stage, or returns an equal one made before: runs that differ only in steps share their VAE."""


def _text_encoder(settings: Settings[ModelSpec], workload: Workload) -> list[StepScaled]:
    """The prompt, and with guidance the negative prompt, each in a pass of its own."""
    encoder = interned_stage(
        TextEncoder,
        spec=settings.text_encoder,
        batch_size=workload.batch_size,
        tokens=workload.text_len,
    )
    return [StepScaled(encoder, workload.prompts)]


def _image_encoder(settings: Settings[ModelSpec], workload: Workload) -> list[ImageEncoder]:
    """All images of all samples in one pass."""
    images = workload.batch_size * settings.model.num_images
    return [interned_stage(ImageEncoder, spec=settings.image_encoder, images=images)]


def _vae_encode(settings: Settings[ModelSpec], workload: Workload) -> list[StepScaled]:
    """One clip as long as the video; for VACE two, and each reference image on its own."""
    clips = [(workload.num_frames, 2 if settings.model.task == "vace" else 1)]
    if workload.num_reference_images:
        clips += [(1, workload.num_reference_images)]
    return [
        StepScaled(
            interned_stage(
                VaeEncode,
                spec=settings.vae,
                batch_size=workload.batch_size,
                video=(frames, workload.height, workload.width),
            ),
            times,
        )
        for frames, times in clips
    ]


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
    # A third party's backend may return another layer for an equal spec.
    packaged = factory.backend in BUILT_IN
    build = partial(interned_stage, build_transformer) if packaged else build_transformer
    return [StepScaled(build(factory=factory), workload.forward_passes)]


def _transformer_modelled(settings: Settings[ModelSpec]) -> str:
    passes = "over all steps; guidance is a second forward pass a step"
    if settings.transformer.scope == "core":
        return f"of the diffusion transformer the core only, self-attention and MLP, {passes}"
    return f"the whole diffusion transformer {passes}"


def _vae_decode(settings: Settings[ModelSpec], workload: Workload) -> list[VaeDecode]:
    """The video's latents, without those of reference images."""
    latents = GEOMETRY.grid(workload).size
    decode = interned_stage(
        VaeDecode, spec=settings.vae, batch_size=workload.batch_size, latents=latents
    )
    return [decode]


def _sees_images(model: ModelSpec) -> bool:
    return model.num_images > 0


STAGES: Mapping[str, Stage[ModelSpec]] = {
    "text_encoder": Stage(
        component="text_encoder",
        layers=_text_encoder,
        modelled=lambda _: (
            "the text encoder (UMT5-XXL) on the prompt, and with guidance on the negative prompt"
        ),
    ),
    "image_encoder": Stage(
        component="image_encoder",
        layers=_image_encoder,
        modelled=lambda _: (
            "the image encoder (CLIP ViT-H/14) on the images that i2v and flf2v are given"
        ),
        exists=_sees_images,
    ),
    "vae_encode": Stage(
        component="vae",
        layers=_vae_encode,
        modelled=lambda _: "the VAE's encoder on images and videos, chunk by chunk, with its cache",
        exists=lambda model: _sees_images(model) or model.task == "vace",
    ),
    "transformer": Stage(
        component="transformer",
        layers=_transformer,
        modelled=_transformer_modelled,
        # It attends to the image encoder's tokens.
        needs=lambda model: ("image_encoder",) if _sees_images(model) else (),
    ),
    "vae_decode": Stage(
        component="vae",
        layers=_vae_decode,
        modelled=lambda _: "the VAE's decoder on the latents, chunk by chunk, with its cache",
    ),
}
"""In execution order, as in the official code.

Source: Wan2.1 wan/text2video.py, image2video.py, first_last_frame2video.py and vace.py.
"""
