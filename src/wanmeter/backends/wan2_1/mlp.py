"""Wan2.1's feed-forward network in closed form.

Names, as in the source: b samples, s tokens, d width, f hidden width.
"""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.arithmetic import tensor_bytes
from wanmeter.backends.wan2_1.operator import operator
from wanmeter.conventions import ACTIVATION_OPS, VECTOR_OPS
from wanmeter.layers.base import Child, Composite, OperatorKind
from wanmeter.validation import one_of, positive_int


@final
@frozen(kw_only=True)
class Wan2_1MLP(Composite):
    """Wan2.1's feed-forward network on x [batch_size, tokens, dim]. Covers `steps` passes.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.ffn.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    ffn_dim: int = field(validator=positive_int)
    act_fn: str = field(default="GELUTanh", validator=one_of(ACTIVATION_OPS))
    steps: int = field(validator=positive_int)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    @property
    def calls(self) -> int:
        """The passes that the closed forms cover."""
        return self.steps

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The operators of the forward pass, in order."""
        b, s, d, f = self.batch_size, self.tokens, self.dim, self.ffn_dim
        x = tensor_bytes(b * s * d, self.bits)
        hidden = tensor_bytes(b * s * f, self.bits)
        weight = tensor_bytes(d * f, self.weight_bits)
        return (
            operator(
                "up_proj",
                OperatorKind.GEMM,
                self.steps,
                flops=2 * b * s * d * f,
                vector_flops=VECTOR_OPS.bias * b * s * f,
                reads=x,
                writes=hidden,
                params=d * f + f,
                weight_bytes=weight + tensor_bytes(f, self.weight_bits),
            ),
            operator(
                "act",
                OperatorKind.ELEMENTWISE,
                self.steps,
                vector_flops=ACTIVATION_OPS[self.act_fn] * b * s * f,
                reads=hidden,
                writes=hidden,
            ),
            operator(
                "down_proj",
                OperatorKind.GEMM,
                self.steps,
                flops=2 * b * s * d * f,
                vector_flops=VECTOR_OPS.bias * b * s * d,
                reads=hidden,
                writes=x,
                params=d * f + d,
                weight_bytes=weight + tensor_bytes(d, self.weight_bits),
            ),
        )
