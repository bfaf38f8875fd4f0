"""Causal convolutions over chunks of a video, and changes of resolution."""

from functools import cached_property
from math import prod
from typing import final

from attrs import evolve, field, frozen

from wanmeter.conventions import OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.conv import Conv3d
from wanmeter.layers.operator import Operator, Tensor
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.validators import instance_of, non_negative_int, positive_int, three_positive_ints


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

    @cached_property
    def operator(self) -> Operator:
        """The convolution, which reads and writes its cache besides."""
        operator, cached, kept = self.conv.operator, self._cached, self._kept
        return evolve(
            operator,
            inputs=(*operator.inputs, cached) if self.cached_frames else operator.inputs,
            outputs=(*operator.outputs, kept) if self.kept_frames else operator.outputs,
        )

    @property
    def cached_bytes(self) -> int:
        """Bytes of the frames that are cached when it starts."""
        return self._cached.bytes

    @property
    def kept_bytes(self) -> int:
        """Bytes of the frames that are cached when it is done."""
        return self._kept.bytes

    @cached_property
    def _cached(self) -> Tensor:
        return self._frames(self.cached_frames)

    @cached_property
    def _kept(self) -> Tensor:
        return self._frames(self.kept_frames)

    def _frames(self, number: int) -> Tensor:
        """So many frames of the input."""
        conv = self.conv
        _, height, width = conv.input_size
        elements = conv.batch_size * conv.in_channels * number * height * width
        return Tensor(elements, conv.precision.of(OperatorKind.CONVOLUTION).bits)


@final
@frozen(kw_only=True)
class FrameCache(Leaf):
    """Frames [batch_size, channels, *size] copied to the cache for the next chunk, and nothing computed.

    Source: Wan2.1 wan/modules/vae.py, Resample.forward, downsample3d on the first chunk.
    """

    batch_size: int = field(validator=positive_int)
    channels: int = field(validator=positive_int)
    size: tuple[int, int, int] = field(validator=three_positive_ints)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """A read and a write."""
        elements = self.batch_size * self.channels * prod(self.size)
        return Operator.of(
            OperatorKind.ELEMENTWISE, self.precision, inputs=[elements], outputs=[elements]
        )

    @property
    def kept_bytes(self) -> int:
        """Bytes of the frames that are cached when it is done."""
        return self.operator.cost.bytes_written


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
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """A read, and factor^2 writes, an element."""
        elements = self.batch_size * self.channels * prod(self.size)
        return Operator.of(
            OperatorKind.RESAMPLING,
            self.precision,
            inputs=[elements],
            outputs=[elements * self.factor * self.factor],
        )
