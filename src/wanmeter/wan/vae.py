"""The VAE's two stages: a whole video encoded, latents decoded, chunk by chunk."""

from collections.abc import Callable
from functools import cached_property
from math import prod
from typing import final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS
from wanmeter.layers import (
    Child,
    Composite,
    Layer,
    Pointwise,
    StepScaled,
    in_turn,
)
from wanmeter.validation import positive_int
from wanmeter.wan.components import VaeSpec
from wanmeter.wan.vae_blocks import Chunk, Size
from wanmeter.wan.vae_coders import PIXEL_CHANNELS, Decoder, Encoder


def _chunks(
    name: str, coder: Callable[[int], Layer], count: int, held: Callable[[int], int]
) -> Child:
    """`count` chunks in turn: a first, a second, and equal ones from there on.

    `coder(i)` is the coder of chunk i, 0, 1 or 2; `held(i)` what is alive around chunk i of `count`.
    """
    repeats = (1, min(count - 1, 1), count - min(count, 2))
    return in_turn(
        Child(
            name=name,
            layer=StepScaled(coder(i), times),
            # Of the equal chunks the last has most around it.
            held_bytes=held(count - 1 if i == 2 else i),
        )
        for i, times in enumerate(repeats)
        if times
    )


@final
@frozen(kw_only=True)
class VaeEncode(Composite):
    """A video [batch_size, 3, frames, height, width] to latents, in chunks of 1, 4, 4, ... frames.

    The video belongs to the caller, who keeps it. Latents are normalised by their mean and deviation.

    Source: Wan2.1 wan/modules/vae.py, WanVAE_.encode.
    """

    spec: VaeSpec
    batch_size: int = field(validator=positive_int)
    video: Size

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The encoder over all chunks, the convolution of the moments, the normalisation."""
        spec, (frames, height, width) = self.spec, self.video
        whole = self._chunk(0, self.video)
        latents = whole.resized((frames - 1) // 4 + 1, height // 8, width // 8)
        quant_conv = latents.conv(2 * spec.z_dim, 2 * spec.z_dim, (1, 1, 1))
        normalize = Pointwise(
            elements=self.batch_size * spec.z_dim * prod(latents.size),
            ops=VECTOR_OPS.latent_scale,
            bits=spec.bits,
        )
        video = whole.bytes(PIXEL_CHANNELS)

        def coder(i: int) -> Layer:
            return Encoder(self._chunk(i, (4 if i else 1, height, width)))

        def held(i: int) -> int:
            """The rest of the video, and the moments so far."""
            chunk = whole.resized(4 if i else 1, height, width)
            so_far = latents.resized(i, height // 8, width // 8)
            return video - chunk.bytes(PIXEL_CHANNELS) + so_far.bytes(2 * spec.z_dim)

        return (
            _chunks("encoder", coder, latents.size[0], held),
            Child(name="quant_conv", layer=quant_conv, held_bytes=video),
            Child(name="normalize", layer=normalize, held_bytes=video),
        )

    def _chunk(self, history: int, size: Size) -> Chunk:
        return Chunk(spec=self.spec, batch_size=self.batch_size, size=size, history=history)


@final
@frozen(kw_only=True)
class VaeDecode(Composite):
    """Latents [batch_size, z_dim, frames, height, width] to a video, one latent frame at a time.

    The latents belong to the caller, who keeps them. `latents` is their (frames, height, width).

    Source: Wan2.1 wan/modules/vae.py, WanVAE_.decode and WanVAE.decode.
    """

    spec: VaeSpec
    batch_size: int = field(validator=positive_int)
    latents: Size

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The inverse normalisation, a convolution, the decoder over all chunks, the clamp."""
        spec, (count, height, width) = self.spec, self.latents
        whole = self._chunk(0, self.latents)
        latents = whole.bytes(spec.z_dim)
        video = whole.resized(4 * (count - 1) + 1, 8 * height, 8 * width)
        denormalize = Pointwise(
            elements=self.batch_size * spec.z_dim * prod(self.latents),
            ops=VECTOR_OPS.latent_scale,
            bits=spec.bits,
        )
        clamp = Pointwise(
            elements=self.batch_size * PIXEL_CHANNELS * prod(video.size),
            ops=VECTOR_OPS.clamp,
            bits=spec.bits,
        )

        def coder(i: int) -> Layer:
            return Decoder(self._chunk(i, (1, height, width)))

        def held(i: int) -> int:
            """The caller's latents, those that wait to be decoded, and the video so far."""
            waiting = whole.resized(count - 1 - i, height, width)
            so_far = video.resized(4 * (i - 1) + 1 if i else 0, 8 * height, 8 * width)
            return latents + waiting.bytes(spec.z_dim) + so_far.bytes(PIXEL_CHANNELS)

        return (
            Child(name="denormalize", layer=denormalize),
            Child(
                name="post_quant_conv",
                layer=whole.conv(spec.z_dim, spec.z_dim, (1, 1, 1)),
                held_bytes=latents,
            ),
            _chunks("decoder", coder, count, held),
            Child(name="clamp", layer=clamp, held_bytes=latents),
        )

    def _chunk(self, history: int, size: Size) -> Chunk:
        return Chunk(spec=self.spec, batch_size=self.batch_size, size=size, history=history)
