"""The linear layer."""

from functools import cached_property
from typing import ClassVar, final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS
from wanmeter.cost import StageCost
from wanmeter.layers.base import Leaf, OperatorKind
from wanmeter.layers.operator import operator_cost
from wanmeter.validation import boolean, positive_int


@final
@frozen(kw_only=True)
class Linear(Leaf):
    """`y = x W^T + b`: [batch_size, tokens, in_features] -> [batch_size, tokens, out_features].

    FLOPs `2 batch_size tokens in_features out_features`; one vector operation an output element for
    the bias. Reads x, W and b; writes y. `bits` sizes activations, `weight_bits` W and b.

    Source: torch.nn.Linear.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    in_features: int = field(validator=positive_int)
    out_features: int = field(validator=positive_int)
    bias: bool = field(default=True, validator=boolean)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    kind: ClassVar[OperatorKind] = OperatorKind.GEMM

    @cached_property
    def cost(self) -> StageCost:
        """The formula above."""
        rows = self.batch_size * self.tokens
        output = rows * self.out_features
        weight = self.in_features * self.out_features
        return operator_cost(
            flops=2 * rows * weight,
            vector_flops=VECTOR_OPS.bias * output if self.bias else 0,
            inputs=[rows * self.in_features],
            outputs=[output],
            weights=[weight, self.out_features] if self.bias else [weight],
            bits=self.bits,
            weight_bits=self.weight_bits,
        )
