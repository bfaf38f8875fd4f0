"""Causal convolutions over chunks of a video, and changes of resolution."""

from functools import cached_property
from math import prod
from typing import ClassVar, final

from attrs import evolve, field, frozen

from wanmeter.arithmetic import tensor_bytes
from wanmeter.cost import StageCost
from wanmeter.layers.base import Leaf, OperatorKind
from wanmeter.layers.conv import Conv3d
from wanmeter.layers.operator import operator_cost
from wanmeter.validation import instance_of, non_negative_int, positive_int, three_positive_ints


@final
@frozen(kw_only=True)
class CausalConv3d(Leaf):
    """A 3-D convolution that sees the past: `conv` on one chunk, with frames cached from the chunks before.

    FLOPs, vector operations and weights are `conv`'s. Besides, it reads `cached_frames` frames of its
    input from the cache (what is missing at the start is zeros, and not read) and writes `kept_frames`
    for the next chunk. Both are live while it runs, as inputs and outputs are. Between its runs the
    cache is alive, and its composite's to count: `cached_bytes` before, `kept_bytes` after.

    Source: Wan2.1 wan/modules/vae.py, CausalConv3d and feat_cache.
    """

    conv: Conv3d = field(validator=instance_of(Conv3d))
    cached_frames: int = field(validator=non_negative_int)
    kept_frames: int = field(validator=non_negative_int)

    kind: ClassVar[OperatorKind] = OperatorKind.CONVOLUTION

    @cached_property
    def cost(self) -> StageCost:
        """The convolution's cost, and its cache's."""
        cost = self.conv.cost
        return evolve(
            cost,
            bytes_read=cost.bytes_read + self.cached_bytes,
            bytes_written=cost.bytes_written + self.kept_bytes,
            activation_bytes=cost.activation_bytes + self.cached_bytes + self.kept_bytes,
        )

    @property
    def cached_bytes(self) -> int:
        """Bytes of the frames that are cached when it starts."""
        return self._frame_bytes(self.cached_frames)

    @property
    def kept_bytes(self) -> int:
        """Bytes of the frames that are cached when it is done."""
        return self._frame_bytes(self.kept_frames)

    def _frame_bytes(self, frames: int) -> int:
        conv = self.conv
        _, height, width = conv.input_size
        return tensor_bytes(conv.batch_size * conv.in_channels * frames * height * width, conv.bits)


@final
@frozen(kw_only=True)
class FrameCache(Leaf):
    """Frames [batch_size, channels, *size] copied to the cache for the next chunk, and nothing computed.

    Source: Wan2.1 wan/modules/vae.py, Resample.forward, downsample3d on the first chunk.
    """

    batch_size: int = field(validator=positive_int)
    channels: int = field(validator=positive_int)
    size: tuple[int, int, int] = field(validator=three_positive_ints)
    bits: int = field(default=16, validator=positive_int)

    kind: ClassVar[OperatorKind] = OperatorKind.ELEMENTWISE

    @cached_property
    def cost(self) -> StageCost:
        """A read and a write."""
        elements = self.batch_size * self.channels * prod(self.size)
        return operator_cost(inputs=[elements], outputs=[elements], bits=self.bits)

    @property
    def kept_bytes(self) -> int:
        """Bytes of the frames that are cached when it is done."""
        return self.cost.bytes_written


@final
@frozen(kw_only=True)
class Upsample(Leaf):
    """Nearest-neighbour upsampling of [batch_size, channels, *size] by `factor` along height and width.

    Reads each element once and writes factor^2; nothing is computed.

    Source: Wan2.1 wan/modules/vae.py, Upsample (nearest-exact).
    """

    batch_size: int = field(validator=positive_int)
    channels: int = field(validator=positive_int)
    size: tuple[int, int, int] = field(validator=three_positive_ints)
    factor: int = field(default=2, validator=positive_int)
    bits: int = field(default=16, validator=positive_int)

    kind: ClassVar[OperatorKind] = OperatorKind.RESAMPLING

    @cached_property
    def cost(self) -> StageCost:
        """A read, and factor^2 writes, an element."""
        elements = self.batch_size * self.channels * prod(self.size)
        return operator_cost(
            inputs=[elements], outputs=[elements * self.factor * self.factor], bits=self.bits
        )
