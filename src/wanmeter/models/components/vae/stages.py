"""The VAE's two stages, which encode a video and decode latents chunk by chunk."""

from collections.abc import Iterator
from functools import cached_property
from math import prod
from typing import final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS
from wanmeter.layers import Composite, Forward, Pointwise, Rearrange, Step, StepScaled, Tensor
from wanmeter.models.components.specs import VaeSpec
from wanmeter.models.components.vae.blocks import Chunk
from wanmeter.models.components.vae.coders import Decoder, Encoder
from wanmeter.models.geometry import Size
from wanmeter.validators import positive_int

EQUAL_CHUNKS_FROM = 3
"""Chunks are equal from the third on: the first sees no past, the second less than the others."""


def _chunks(count: int) -> Iterator[tuple[int, int, int]]:
    """The distinct chunks among `count`: the first, the second, and the equal ones that follow.

    Yields (history, times, last) for each: the cached frames (0, 1 or 2), how often it occurs, and the
    index of its last occurrence, around which most is held.
    """
    yield 0, 1, 0
    if count > 1:
        yield 1, 1, 1
    if count >= EQUAL_CHUNKS_FROM:
        yield 2, count - 2, count - 1


@final
@frozen(kw_only=True)
class VaeEncode(Composite):
    """A video [batch_size, 3, frames, height, width] -> latents, in chunks: one frame, then a stride each.

    The caller keeps the video. With a `patch_size`, a copy has patches of pixels as channels. Latents are
    normalised by their mean and standard deviation.

    Source: Wan2.1 wan/modules/vae.py and Wan2.2 wan/modules/vae2_2.py, WanVAE_.encode.
    """

    spec: VaeSpec
    batch_size: int = field(validator=positive_int)
    video: Size

    @cached_property
    def forward(self) -> Forward:
        """The encoder over all chunks, a convolution of the moments, and the normalisation."""
        spec, (frames, height, width) = self.spec, self.video
        stride, rows, columns = spec.stride
        sides = height // spec.patch_size, width // spec.patch_size
        whole = Chunk(spec=spec, batch_size=self.batch_size, size=(frames, *sides))
        video = whole.tensor(spec.pixel_channels)
        latents = whole.resized((frames - 1) // stride + 1, height // rows, width // columns)
        count, *side = latents.size
        steps, tensors = [], {"video": video}
        patched = spec.patch_size > 1
        if patched:
            patchify = Rearrange(elements=video.elements, precision=whole.make.precision)
            steps += [Step("patchify", patchify, reads=("video",))]
        for history, times, last in _chunks(count):
            chunk = whole.resized(stride if history else 1, *sides, history=history)
            rest, moments = f"rest_of_video_{history}", f"moments_so_far_{history}"
            tensors |= {
                rest: Tensor(
                    video.elements - chunk.tensor(spec.pixel_channels).elements, video.bits
                ),
                moments: latents.resized(last, *side).tensor(2 * spec.z_dim),
            }
            coder = StepScaled(Encoder(chunk), times)
            keeps = (rest, moments, *(("video",) if patched else ()))
            steps += [Step("encoder", coder, keeps=keeps)]
        normalize = Pointwise(
            elements=self.batch_size * spec.z_dim * prod(latents.size),
            ops=VECTOR_OPS.latent_scale,
            precision=whole.make.precision,
        )
        quant_conv = latents.conv(2 * spec.z_dim, 2 * spec.z_dim, (1, 1, 1))
        steps += [
            Step("quant_conv", quant_conv, keeps=("video",)),
            Step("normalize", normalize, keeps=("video",)),
        ]
        return Forward(steps=steps, tensors=tensors)


@final
@frozen(kw_only=True)
class VaeDecode(Composite):
    """Latents [batch_size, z_dim, frames, height, width] -> a video, one latent frame at a time.

    `latents` is the latents' (frames, height, width). The caller keeps them. With a `patch_size`, channels
    become patches of pixels in the end.

    Source: Wan2.1 wan/modules/vae.py and Wan2.2 wan/modules/vae2_2.py, WanVAE_.decode.
    """

    spec: VaeSpec
    batch_size: int = field(validator=positive_int)
    latents: Size

    @cached_property
    def forward(self) -> Forward:
        """The inverse normalisation, a convolution, the decoder over all chunks, and the clamp."""
        spec, (count, height, width) = self.spec, self.latents
        stride, rows, columns = spec.stride
        whole = Chunk(spec=spec, batch_size=self.batch_size, size=self.latents)
        pixels = (rows * height // spec.patch_size, columns * width // spec.patch_size)
        video = whole.resized(stride * (count - 1) + 1, *pixels)
        denormalize = Pointwise(
            elements=self.batch_size * spec.z_dim * prod(self.latents),
            ops=VECTOR_OPS.latent_scale,
            precision=whole.make.precision,
        )
        elements = video.tensor(spec.pixel_channels).elements
        clamp = Pointwise(
            elements=elements,
            ops=VECTOR_OPS.clamp,
            precision=whole.make.precision,
        )
        post_quant_conv = whole.conv(spec.z_dim, spec.z_dim, (1, 1, 1))
        tensors = {"latents": whole.tensor(spec.z_dim)}
        steps = [
            Step("denormalize", denormalize),
            Step("post_quant_conv", post_quant_conv, keeps=("latents",)),
        ]
        for history, times, last in _chunks(count):
            chunk = whole.resized(1, height, width, history=history)
            waiting, so_far = f"waiting_latents_{history}", f"video_so_far_{history}"
            done = stride * (last - 1) + 1 if history else 0
            tensors |= {
                waiting: whole.resized(count - 1 - last, height, width).tensor(spec.z_dim),
                so_far: video.resized(done, *pixels).tensor(spec.pixel_channels),
            }
            coder = StepScaled(Decoder(chunk), times)
            steps += [Step("decoder", coder, keeps=("latents", waiting, so_far))]
        if spec.patch_size > 1:
            unpatchify = Rearrange(elements=elements, precision=whole.make.precision)
            steps += [Step("unpatchify", unpatchify, keeps=("latents",))]
        steps += [Step("clamp", clamp, keeps=("latents",))]
        return Forward(steps=steps, tensors=tensors)
