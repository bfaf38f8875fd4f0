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
    for the next chunk. The cache outlives the call: whoever runs the chunks keeps it, and its
    `cache_bytes` are counted there, not here.

    Source: Wan2.1 wan/modules/vae.py, CausalConv3d and feat_cache.
    """

    conv: Conv3d = field(validator=instance_of(Conv3d))
    cached_frames: int = field(validator=non_negative_int)
    kept_frames: int = field(validator=non_negative_int)

    kind: ClassVar[OperatorKind] = OperatorKind.CONVOLUTION

    @cached_property
    def cost(self) -> StageCost:
        """The convolution's cost, and the traffic of its cache."""
        cost = self.conv.cost
        return evolve(
            cost,
            bytes_read=cost.bytes_read + self._frame_bytes(self.cached_frames),
            bytes_written=cost.bytes_written + self.cache_bytes,
        )

    @property
    def cache_bytes(self) -> int:
        """Bytes of the frames that are kept for the next chunk."""
        return self._frame_bytes(self.kept_frames)

    def _frame_bytes(self, frames: int) -> int:
        conv = self.conv
        _, height, width = conv.input_size
        return tensor_bytes(conv.batch_size * conv.in_channels * frames * height * width, conv.bits)


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
