"""The VAE's encoder and decoder for one chunk of a video."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Composite, Forward, Step
from wanmeter.models.components.specs import PIXEL_CHANNELS
from wanmeter.models.components.vae.blocks import (
    AttentionBlock,
    Chunk,
    Downsample2x,
    ResidualBlock,
    Upsample2x,
)


@final
@frozen
class MidBlock(Composite):
    """A residual block, attention, and another residual block.

    Source: Wan2.1 wan/modules/vae.py, Encoder3d.middle and Decoder3d.middle.
    """

    chunk: Chunk
    dim: int

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        resnet = ResidualBlock(self.chunk, self.dim, self.dim)
        attention = AttentionBlock(self.chunk, self.dim)
        blocks = {"resnet_0": resnet, "attention": attention, "resnet_1": resnet}
        return Forward(steps=[Step(name, layer) for name, layer in blocks.items()])


@final
@frozen
class Level(Composite):
    """Residual blocks at one resolution, in_dim -> out_dim channels, and the resampling after them."""

    chunk: Chunk
    in_dim: int
    out_dim: int
    num_blocks: int
    resampling: Downsample2x | Upsample2x | None

    @property
    def output(self) -> Chunk:
        """The output chunk."""
        return self.resampling.output if self.resampling else self.chunk

    @cached_property
    def forward(self) -> Forward:
        """The first block, which may change the width, the others, which are equal, and the resampling."""
        first = ResidualBlock(self.chunk, self.in_dim, self.out_dim)
        others = ResidualBlock(self.chunk, self.out_dim, self.out_dim)
        steps = [Step("resnet_0", first)]
        if self.num_blocks > 1:
            steps += [Step("resnets", others, copies=self.num_blocks - 1)]
        if self.resampling:
            steps += [Step("resample", self.resampling)]
        return Forward(steps=steps)


@final
@frozen
class Encoder(Composite):
    """Pixels of a chunk -> the 2 z_dim moments of its latents. The caller keeps the pixels.

    Source: Wan2.1 wan/modules/vae.py, Encoder3d.
    """

    chunk: Chunk

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The levels, from full resolution down."""
        spec, chunk = self.chunk.spec, self.chunk
        levels = []
        in_dim = spec.dim
        for i, out_dim in enumerate(spec.widths):
            last = i == len(spec.widths) - 1
            down = None if last else Downsample2x(chunk, out_dim, spec.temporal_downsample[i])
            levels.append(Level(chunk, in_dim, out_dim, spec.num_res_blocks, down))
            in_dim, chunk = out_dim, levels[-1].output
        return tuple(levels)

    @property
    def output(self) -> Chunk:
        """The output chunk."""
        return self.levels[-1].output

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        chunk, spec, levels, latent = self.chunk, self.chunk.spec, self.levels, self.output
        width = spec.widths[-1]
        steps = (
            Step("conv_in", chunk.causal_conv(PIXEL_CHANNELS, spec.dim), reads=("pixels",)),
            *(Step(f"down_{i}", level) for i, level in enumerate(levels)),
            Step("mid", MidBlock(latent, width)),
            *_output_steps(latent, width, 2 * spec.z_dim),
        )
        tensors = {"pixels": chunk.tensor(PIXEL_CHANNELS)}
        return Forward(steps=steps, tensors=tensors, borrowed=("pixels",))


@final
@frozen
class Decoder(Composite):
    """Latents of a chunk -> its pixels. The caller keeps the latents.

    Source: Wan2.1 wan/modules/vae.py, Decoder3d.
    """

    chunk: Chunk

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The levels, from the latents' resolution up."""
        spec, chunk = self.chunk.spec, self.chunk
        widths = spec.widths[::-1]
        temporal = spec.temporal_downsample[::-1]
        levels = []
        in_dim = widths[0]
        for i, out_dim in enumerate(widths):
            last = i == len(widths) - 1
            up = None if last else Upsample2x(chunk, out_dim, temporal[i])
            levels.append(Level(chunk, in_dim, out_dim, spec.num_res_blocks + 1, up))
            in_dim, chunk = out_dim // 2, levels[-1].output
        return tuple(levels)

    @property
    def output(self) -> Chunk:
        """The output chunk."""
        return self.levels[-1].output

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        chunk, spec, levels = self.chunk, self.chunk.spec, self.levels
        width = spec.widths[-1]
        steps = (
            Step("conv_in", chunk.causal_conv(spec.z_dim, width), reads=("latents",)),
            Step("mid", MidBlock(chunk, width)),
            *(Step(f"up_{i}", level) for i, level in enumerate(levels)),
            *_output_steps(self.output, spec.widths[0], PIXEL_CHANNELS),
        )
        tensors = {"latents": chunk.tensor(spec.z_dim)}
        return Forward(steps=steps, tensors=tensors, borrowed=("latents",))


def _output_steps(chunk: Chunk, width: int, out_channels: int) -> tuple[Step, ...]:
    return (
        Step("norm_out", chunk.norm(width)),
        Step("act_out", chunk.silu(width)),
        Step("conv_out", chunk.causal_conv(width, out_channels)),
    )
