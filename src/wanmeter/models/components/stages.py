"""The stages around the transformer, which families share."""

from collections.abc import Iterable
from typing import Any

from wanmeter.layers import StepScaled
from wanmeter.layers.interning import Interned
from wanmeter.models.components.encoders import ImageEncoder, TextEncoder
from wanmeter.models.components.vae import VaeDecode, VaeEncode
from wanmeter.models.geometry import LatentGrid
from wanmeter.models.settings import Settings
from wanmeter.models.workload import Workload

interned_stage = Interned(64)
"""Makes a stage, or returns an equal one made before: runs that differ only in steps share their VAE."""


def text_encoder(settings: Settings[Any], workload: Workload) -> list[StepScaled]:
    """The prompt, and with guidance the negative prompt, each in a pass of its own."""
    encoder = interned_stage(
        TextEncoder,
        spec=settings.text_encoder,
        batch_size=workload.batch_size,
        tokens=workload.text_len,
    )
    return [StepScaled(encoder, workload.prompts)]


def image_encoder(settings: Settings[Any], images: int) -> list[ImageEncoder]:
    """All images of all samples in one pass."""
    return [interned_stage(ImageEncoder, spec=settings.image_encoder, images=images)]


def vae_encode(
    settings: Settings[Any], workload: Workload, clips: Iterable[tuple[int, int]]
) -> list[StepScaled]:
    """Clips of a number of frames each, encoded a number of times."""
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


def vae_decode(settings: Settings[Any], workload: Workload, grid: LatentGrid) -> list[VaeDecode]:
    """The video's latents, without those of reference images."""
    decode = interned_stage(
        VaeDecode, spec=settings.vae, batch_size=workload.batch_size, latents=grid.size
    )
    return [decode]


TEXT_ENCODER = "the text encoder (UMT5-XXL) on the prompt, and with guidance on the negative prompt"
VAE_ENCODE = "the VAE's encoder on images and videos, chunk by chunk, with its cache"
VAE_DECODE = "the VAE's decoder on the latents, chunk by chunk, with its cache"
"""What the stages cover, in words."""


def transformer(settings: Settings[Any], steps: str) -> str:
    """What a transformer's stage covers, in words; `steps` says which steps."""
    passes = f"{steps}; guidance is a second forward pass a step"
    if settings.transformer.scope == "core":
        return f"of the diffusion transformer the core only, self-attention and MLP, {passes}"
    return f"the whole diffusion transformer {passes}"
