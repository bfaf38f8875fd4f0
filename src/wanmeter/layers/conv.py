"""The 3-D convolution."""

from functools import cached_property
from math import prod
from typing import final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.operator import Operator
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.layers.shapes import ConvolutionShape
from wanmeter.validators import boolean, positive_int, three_positive_ints


@final
@frozen(kw_only=True)
class Conv3d(Leaf):
    """A dense 3-D convolution from `input_size` to `output_size`, each (frames, height, width).

    x [batch_size, in_channels, *input_size] -> y [batch_size, out_channels, *output_size]. FLOPs
    `2 batch_size prod(output_size) out_channels in_channels prod(kernel_size)`, padding included, as a
    dense kernel computes them; one vector operation per output element for the bias. Reads x
    (unpadded), W and b; writes y.

    Source: torch.nn.Conv3d; torch.utils.flop_counter.conv_flop_count.
    """

    batch_size: int = field(validator=positive_int)
    in_channels: int = field(validator=positive_int)
    out_channels: int = field(validator=positive_int)
    kernel_size: tuple[int, int, int] = field(validator=three_positive_ints)
    input_size: tuple[int, int, int] = field(validator=three_positive_ints)
    output_size: tuple[int, int, int] = field(validator=three_positive_ints)
    bias: bool = field(default=True, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call."""
        positions = self.batch_size * prod(self.output_size)
        output = positions * self.out_channels
        weight = self.out_channels * self.in_channels * prod(self.kernel_size)
        return Operator.of(
            OperatorKind.CONVOLUTION,
            self.precision,
            flops=2 * positions * weight,
            vector_flops=VECTOR_OPS.bias * output if self.bias else 0,
            inputs=[self.batch_size * self.in_channels * prod(self.input_size)],
            outputs=[output],
            weights=[weight, self.out_channels] if self.bias else [weight],
            shape=ConvolutionShape(
                batch_size=self.batch_size,
                in_channels=self.in_channels,
                out_channels=self.out_channels,
                kernel_size=self.kernel_size,
                input_size=self.input_size,
                output_size=self.output_size,
            ),
        )
