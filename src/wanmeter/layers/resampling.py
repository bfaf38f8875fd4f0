"""Causal convolutions over chunks of a video, their cache, and resampling."""

from functools import cached_property
from math import prod
from typing import final

from attrs import evolve, field, frozen

from wanmeter.conventions import VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.conv import Conv3d
from wanmeter.layers.operator import Operator, Tensor
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.validators import instance_of, non_negative_int, positive_int, three_positive_ints


@final
@frozen(kw_only=True)
class CausalConv3d(Leaf):
    """A causal 3-D convolution: `conv` on one chunk, with frames cached from earlier chunks.

    FLOPs, vector operations and weights are those of `conv`. It also reads `cached_frames` input frames
    from the cache (frames missing at the start are zeros and not read) and writes `kept_frames` for the
    next chunk; both are live while it runs. Between calls, the composite around it counts the cache:
    `cached_bytes` before, `kept_bytes` after.

    Source: Wan2.1 wan/modules/vae.py, CausalConv3d and feat_cache.
    """

    conv: Conv3d = field(validator=instance_of(Conv3d))
    cached_frames: int = field(validator=non_negative_int)
    kept_frames: int = field(validator=non_negative_int)

    @cached_property
    def operator(self) -> Operator:
        """The convolution, with its cache as another input and output."""
        operator, cached, kept = self.conv.operator, self._cached, self._kept
        return evolve(
            operator,
            inputs=(*operator.inputs, cached) if self.cached_frames else operator.inputs,
            outputs=(*operator.outputs, kept) if self.kept_frames else operator.outputs,
        )

    @property
    def cached_bytes(self) -> int:
        """Bytes of the frames in the cache when the call begins."""
        return self._cached.bytes

    @property
    def kept_bytes(self) -> int:
        """Bytes of the frames in the cache when the call ends."""
        return self._kept.bytes

    @cached_property
    def _cached(self) -> Tensor:
        return self._frames(self.cached_frames)

    @cached_property
    def _kept(self) -> Tensor:
        return self._frames(self.kept_frames)

    def _frames(self, number: int) -> Tensor:
        """`number` frames of the input."""
        conv = self.conv
        _, height, width = conv.input_size
        elements = conv.batch_size * conv.in_channels * number * height * width
        return Tensor(elements, conv.precision.bits)


@final
@frozen(kw_only=True)
class FrameCache(Leaf):
    """Copies frames [batch_size, channels, *size] to the cache for the next chunk; nothing is computed.

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
        """Bytes of the frames in the cache when the call ends."""
        return self.operator.cost.bytes_written


@final
@frozen(kw_only=True)
class Upsample(Leaf):
    """Nearest-neighbour upsampling of [batch_size, channels, *size] by `factor` along height and width.

    Reads each element once and writes it factor^2 times; nothing is computed.

    Source: Wan2.1 wan/modules/vae.py, Upsample (nearest-exact).
    """

    batch_size: int = field(validator=positive_int)
    channels: int = field(validator=positive_int)
    size: tuple[int, int, int] = field(validator=three_positive_ints)
    factor: int = field(default=2, validator=positive_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """One read and factor^2 writes per element."""
        elements = self.batch_size * self.channels * prod(self.size)
        return Operator.of(
            OperatorKind.RESAMPLING,
            self.precision,
            inputs=[elements],
            outputs=[elements * self.factor * self.factor],
        )


@final
@frozen(kw_only=True)
class Resize(Leaf):
    """Changes the channels and the size of a video by averaging or repeating elements; it has no weights.

    [batch_size, in_channels, *input_size] -> [batch_size, out_channels, *output_size]. Each element of the
    output is the mean of `averaged` elements of the input, in which frames missing at the start are zeros;
    if that is 0, elements are copied. Reads the input once and writes the output. A mean of n elements is
    n - 1 adds and a division: n vector operations.

    Source: Wan2.2 wan/modules/vae2_2.py, AvgDown3D and DupUp3D.
    """

    batch_size: int = field(validator=positive_int)
    in_channels: int = field(validator=positive_int)
    out_channels: int = field(validator=positive_int)
    input_size: tuple[int, int, int] = field(validator=three_positive_ints)
    output_size: tuple[int, int, int] = field(validator=three_positive_ints)
    averaged: int = field(validator=non_negative_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call."""
        outputs = self.batch_size * self.out_channels * prod(self.output_size)
        return Operator.of(
            OperatorKind.RESAMPLING,
            self.precision,
            vector_flops=VECTOR_OPS.residual * self.averaged * outputs,
            inputs=[self.batch_size * self.in_channels * prod(self.input_size)],
            outputs=[outputs],
        )
