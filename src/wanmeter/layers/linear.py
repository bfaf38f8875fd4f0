"""The linear layer."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.operator import Operator
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.layers.shapes import MatmulShape
from wanmeter.validators import boolean, positive_int


@final
@frozen(kw_only=True)
class Linear(Leaf):
    """`y = x W^T + b`: [batch_size, tokens, in_features] -> [batch_size, tokens, out_features].

    FLOPs `2 batch_size tokens in_features out_features`; one vector operation per output element for
    the bias. Reads x, W and b; writes y.

    Source: torch.nn.Linear.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    in_features: int = field(validator=positive_int)
    out_features: int = field(validator=positive_int)
    bias: bool = field(default=True, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call."""
        rows = self.batch_size * self.tokens
        output = rows * self.out_features
        weight = self.in_features * self.out_features
        return Operator.of(
            OperatorKind.GEMM,
            self.precision,
            flops=2 * rows * weight,
            vector_flops=VECTOR_OPS.bias * output if self.bias else 0,
            inputs=[rows * self.in_features],
            outputs=[output],
            weights=[weight, self.out_features] if self.bias else [weight],
            shape=MatmulShape(m=rows, n=self.out_features, k=self.in_features),
        )
