"""The VAE's encoder and decoder for one chunk of a video."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Composite, Forward, Layer, Resize, Step
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
    """Residual blocks at one resolution, in_dim -> out_dim channels, and the resampling after them.

    With `residual`, the level's input is added to its output: resized by averages where the level
    downsamples, by repetition where it upsamples.

    Source: Wan2.1 wan/modules/vae.py, Encoder3d and Decoder3d; residual: Wan2.2 wan/modules/vae2_2.py,
    Down_ResidualBlock and Up_ResidualBlock.
    """

    chunk: Chunk
    in_dim: int
    out_dim: int
    num_blocks: int
    resampling: Downsample2x | Upsample2x | None
    residual: bool = False

    @property
    def output(self) -> Chunk:
        """The output chunk."""
        return self.resampling.output if self.resampling else self.chunk

    @cached_property
    def forward(self) -> Forward:
        """The first block, which may change the width, the others, which are equal, and the resampling."""
        first = ResidualBlock(self.chunk, self.in_dim, self.out_dim, borrowed=self.residual)
        others = ResidualBlock(self.chunk, self.out_dim, self.out_dim)
        steps = [Step("resnet_0", first, reads=("x",), writes=("y",))]
        if self.num_blocks > 1:
            copies = self.num_blocks - 1
            steps += [Step("resnets", others, reads=("y",), writes=("y",), copies=copies)]
        if self.resampling:
            steps += [Step("resample", self.resampling, reads=("y",), writes=("y",))]
        if not self.residual:
            return Forward(steps=steps)
        if self.resampling:
            steps += [Step("shortcut", self._shortcut(), reads=("x",), writes=("skip",))]
        add = self.output.residual_add(self.out_dim)
        steps += [Step("residual", add, reads=("y", "skip" if self.resampling else "x"))]
        tensors = dict.fromkeys(("y", "skip"), self.output.tensor(self.out_dim))
        tensors["x"] = self.chunk.tensor(self.in_dim)
        return Forward(steps=steps, tensors=tensors)

    def _shortcut(self) -> Layer:
        """The input, at the size and with the channels of the output."""
        down = isinstance(self.resampling, Downsample2x)
        # 2 x 2 pixels become one, and where the level downsamples in time two frames.
        elements = 4 * self.in_dim * (2 if self.resampling and self.resampling.temporal else 1)
        return self.chunk.make(
            Resize,
            in_channels=self.in_dim,
            out_channels=self.out_dim,
            input_size=self.chunk.size,
            output_size=self.output.size,
            averaged=elements // self.out_dim if down else 0,
        )


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
            levels.append(Level(chunk, in_dim, out_dim, spec.num_res_blocks, down, spec.residual))
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
            Step("conv_in", chunk.causal_conv(spec.pixel_channels, spec.dim), reads=("pixels",)),
            *(Step(f"down_{i}", level) for i, level in enumerate(levels)),
            Step("mid", MidBlock(latent, width)),
            *_output_steps(latent, width, 2 * spec.z_dim),
        )
        tensors = {"pixels": chunk.tensor(spec.pixel_channels)}
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
        widths = spec.decoder_widths
        temporal = spec.temporal_downsample[::-1]
        levels = []
        in_dim = widths[0]
        for i, out_dim in enumerate(widths):
            last = i == len(widths) - 1
            next_dim = out_dim if spec.residual else out_dim // 2
            up = None if last else Upsample2x(chunk, out_dim, next_dim, temporal[i])
            residual = spec.residual and not last
            levels.append(Level(chunk, in_dim, out_dim, spec.num_res_blocks + 1, up, residual))
            in_dim, chunk = next_dim, levels[-1].output
        return tuple(levels)

    @property
    def output(self) -> Chunk:
        """The output chunk."""
        return self.levels[-1].output

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        chunk, spec, levels = self.chunk, self.chunk.spec, self.levels
        first, *_, last = spec.decoder_widths
        steps = (
            Step("conv_in", chunk.causal_conv(spec.z_dim, first), reads=("latents",)),
            Step("mid", MidBlock(chunk, first)),
            *(Step(f"up_{i}", level) for i, level in enumerate(levels)),
            *_output_steps(self.output, last, spec.pixel_channels),
        )
        tensors = {"latents": chunk.tensor(spec.z_dim)}
        return Forward(steps=steps, tensors=tensors, borrowed=("latents",))


def _output_steps(chunk: Chunk, width: int, out_channels: int) -> tuple[Step, ...]:
    return (
        Step("norm_out", chunk.norm(width)),
        Step("act_out", chunk.silu(width)),
        Step("conv_out", chunk.causal_conv(width, out_channels)),
    )
