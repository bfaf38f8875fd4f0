"""The VAE's building blocks, each bound to one chunk of a video.

A video runs through the VAE in chunks: the first is one frame (or one latent), later ones are four
frames (or one latent). Causal convolutions see earlier chunks through a cache of two frames. The time
convolutions of the resampling do not run on the first chunk, but their weights are loaded.
"""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import (
    CausalConv3d,
    Composite,
    Conv3d,
    Forward,
    FrameCache,
    Layer,
    Primitives,
    Step,
    Tensor,
    Upsample,
    idle,
)
from wanmeter.layers.interning import interned
from wanmeter.models.components.specs import VaeSpec
from wanmeter.models.element_sizes import precision_of
from wanmeter.models.geometry import Size

CACHED_FRAMES = 2
"""Frames that a causal convolution caches. Source: Wan2.1 wan/modules/vae.py, CACHE_T."""


@frozen(kw_only=True)
class Chunk:
    """The input of a block, [batch_size, channels, *size], and the number of past frames in its caches.

    `history` is 0 for the first chunk, 1 for the second and 2 from the third on. For a whole video it is 0.
    """

    spec: VaeSpec
    batch_size: int
    size: Size
    history: int = 0

    def resized(
        self, frames: int, height: int, width: int, *, history: int | None = None
    ) -> "Chunk":
        """The same chunk at another (frames, height, width)."""
        past = self.history if history is None else history
        size = (frames, height, width)
        return Chunk(spec=self.spec, batch_size=self.batch_size, size=size, history=past)

    def tensor(self, channels: int) -> Tensor:
        """The chunk as a tensor of `channels` channels."""
        return self.framewise.tensor(channels, self.size[1] * self.size[2])

    @cached_property
    def make(self) -> Primitives:
        """The factory for layers that run on the whole chunk."""
        return Primitives(batch_size=self.batch_size, precision=precision_of(self.spec))

    @cached_property
    def framewise(self) -> Primitives:
        """The factory for layers that run frame by frame."""
        return Primitives(batch_size=self.batch_size * self.size[0], precision=self.make.precision)

    def conv(
        self, in_channels: int, out_channels: int, kernel_size: Size, *, to: Size | None = None
    ) -> Conv3d:
        """A convolution within the chunk, to the size `to`, by default the chunk's own."""
        return self.make(
            Conv3d,
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            input_size=self.size,
            output_size=to or self.size,
        )

    def causal_conv(self, in_channels: int, out_channels: int) -> CausalConv3d:
        """A 3x3x3 convolution that sees earlier chunks."""
        return interned(
            CausalConv3d,
            conv=self.conv(in_channels, out_channels, (3, 3, 3)),
            cached_frames=self.history,
            kept_frames=min(CACHED_FRAMES, self.history + self.size[0]),
        )

    def norm(self, channels: int) -> Layer:
        """A root-mean-square norm over the channels of each position."""
        return self.framewise.rms_norm(self.size[1] * self.size[2], channels)

    def silu(self, channels: int) -> Layer:
        """A SiLU activation."""
        return self.framewise.activation(self.size[1] * self.size[2], channels, "SiLU")

    def residual_add(self, channels: int) -> Layer:
        """A residual add."""
        return self.framewise.residual_add(self.size[1] * self.size[2], channels)


@final
@frozen
class ResidualBlock(Composite):
    """Norm, SiLU and causal convolution, twice, with a shortcut: in_dim -> out_dim channels.

    The caller keeps the input if it is `borrowed`.

    Source: Wan2.1 wan/modules/vae.py, ResidualBlock.
    """

    chunk: Chunk
    in_dim: int
    out_dim: int
    borrowed: bool = False

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        chunk, in_dim, out_dim = self.chunk, self.in_dim, self.out_dim
        widens = in_dim != out_dim
        shortcut = Step(
            "shortcut", chunk.conv(in_dim, out_dim, (1, 1, 1)), reads=("x",), writes=("skip",)
        )
        steps = (
            *((shortcut,) if widens else ()),
            Step("norm1", chunk.norm(in_dim), reads=("x",), writes=("y",)),
            Step("act1", chunk.silu(in_dim), reads=("y",), writes=("y",)),
            Step("conv1", chunk.causal_conv(in_dim, out_dim), reads=("y",), writes=("z",)),
            Step("norm2", chunk.norm(out_dim), reads=("z",), writes=("z",)),
            Step("act2", chunk.silu(out_dim), reads=("z",), writes=("z",)),
            Step("conv2", chunk.causal_conv(out_dim, out_dim), reads=("z",), writes=("z",)),
            Step("residual", chunk.residual_add(out_dim), reads=("z", "skip" if widens else "x")),
        )
        tensors = dict.fromkeys(("x", "y"), chunk.tensor(in_dim))
        tensors |= dict.fromkeys(("skip", "z"), chunk.tensor(out_dim))
        return Forward(steps=steps, tensors=tensors, borrowed=("x",) if self.borrowed else ())


@final
@frozen
class AttentionBlock(Composite):
    """Single-head self-attention within each frame, with norm and residual add.

    Source: Wan2.1 wan/modules/vae.py, AttentionBlock.
    """

    chunk: Chunk
    dim: int

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        chunk, dim = self.chunk, self.dim
        _, height, width = chunk.size
        positions = height * width
        core = chunk.framewise.attention_core(positions, positions, 1, 1, dim)
        to_qkv, proj = chunk.conv(dim, 3 * dim, (1, 1, 1)), chunk.conv(dim, dim, (1, 1, 1))
        steps = (
            Step("norm", chunk.norm(dim), reads=("x",), writes=("y",)),
            Step("to_qkv", to_qkv, reads=("y",), writes=("qkv",)),
            Step("core", core, reads=("qkv",), writes=("y",)),
            Step("proj", proj, reads=("y",), writes=("y",)),
            Step("residual", chunk.residual_add(dim), reads=("x", "y")),
        )
        tensors = {"x": chunk.tensor(dim), "y": chunk.tensor(dim), "qkv": chunk.tensor(3 * dim)}
        return Forward(steps=steps, tensors=tensors)


@final
@frozen
class Downsample2x(Composite):
    """Halves height and width, and the frames too if `temporal`; `dim` channels.

    A strided convolution frame by frame, then a strided one along the frames, which looks back one
    frame. The first chunk skips the second convolution and caches its frame for the next chunk.

    Source: Wan2.1 wan/modules/vae.py, Resample (downsample2d, downsample3d).
    """

    chunk: Chunk
    dim: int
    temporal: bool

    @property
    def output(self) -> Chunk:
        """The chunk after resampling."""
        frames, height, width = self._halved.size
        return self._halved.resized(frames // 2 if self._in_time else frames, height, width)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        halved, dim = self._halved, self.dim
        conv = self.chunk.conv(dim, dim, (1, 3, 3), to=halved.size)
        steps = [Step("conv", conv, reads=("x",), writes=("y",))]
        if self.temporal:
            time_conv = interned(
                CausalConv3d,
                conv=halved.conv(dim, dim, (3, 1, 1), to=self.output.size),
                cached_frames=1,
                kept_frames=1,
            )
            if self._in_time:
                steps += [Step("time_conv", time_conv, reads=("y",))]
            else:
                cache = halved.make(FrameCache, channels=dim, size=halved.size)
                steps += [
                    Step("time_cache", cache, reads=("y",)),
                    Step("time_conv", idle(time_conv)),
                ]
        tensors = {"x": self.chunk.tensor(dim), "y": halved.tensor(dim)}
        return Forward(steps=steps, tensors=tensors)

    @property
    def _halved(self) -> Chunk:
        frames, height, width = self.chunk.size
        return self.chunk.resized(frames, height // 2, width // 2)

    @property
    def _in_time(self) -> bool:
        return self.temporal and self.chunk.history > 0


@final
@frozen
class Upsample2x(Composite):
    """Doubles height and width, and the frames too if `temporal`; dim -> out_dim channels.

    A causal convolution along the frames doubles them; then come nearest-neighbour upsampling and a
    convolution frame by frame. The first chunk stays one frame; the second reads no cached frames.

    Source: Wan2.1 wan/modules/vae.py, Resample (upsample2d, upsample3d).
    """

    chunk: Chunk
    dim: int
    out_dim: int
    temporal: bool

    @property
    def output(self) -> Chunk:
        """The chunk after resampling."""
        frames, height, width = self._doubled.size
        return self._doubled.resized(frames, 2 * height, 2 * width)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        doubled, dim = self._doubled, self.dim
        steps: list[Step] = []
        if self.temporal:
            time_conv = interned(
                CausalConv3d,
                conv=self.chunk.conv(dim, 2 * dim, (3, 1, 1)),
                cached_frames=CACHED_FRAMES if self.chunk.history > 1 else 0,
                kept_frames=CACHED_FRAMES,
            )
            steps += [Step("time_conv", time_conv if self._in_time else idle(time_conv))]
        upsample = doubled.make(Upsample, channels=dim, size=doubled.size)
        conv = self.output.conv(dim, self.out_dim, (1, 3, 3))
        steps += [Step("upsample", upsample, writes=("y",)), Step("conv", conv, reads=("y",))]
        return Forward(steps=steps, tensors={"y": self.output.tensor(dim)})

    @property
    def _doubled(self) -> Chunk:
        frames, height, width = self.chunk.size
        return self.chunk.resized(2 * frames if self._in_time else frames, height, width)

    @property
    def _in_time(self) -> bool:
        return self.temporal and self.chunk.history > 0
