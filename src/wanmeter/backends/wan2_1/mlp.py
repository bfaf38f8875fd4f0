"""Wan2.1's feed-forward network, every operator written out.

Names as in the source: b samples, s tokens, d width, f hidden width.
"""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.backends.wan2_1.operator import part
from wanmeter.conventions import ACTIVATION_OPS, VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.operator import Operator
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.layers.shapes import MatmulShape
from wanmeter.validators import one_of, positive_int


@final
@frozen(kw_only=True)
class Wan2_1MLP(Layer):
    """Wan2.1's feed-forward network on x [batch_size, tokens, dim]. One forward pass.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.ffn.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    ffn_dim: int = field(validator=positive_int)
    act_fn: str = field(default="GELUTanh", validator=one_of(ACTIVATION_OPS))
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The operators of the forward pass, in order."""
        b, s, d, f = self.batch_size, self.tokens, self.dim, self.ffn_dim
        up = Operator.of(
            OperatorKind.GEMM,
            self.precision,
            flops=2 * b * s * d * f,
            vector_flops=VECTOR_OPS.bias * b * s * f,
            inputs=[b * s * d],
            outputs=[b * s * f],
            weights=[d * f, f],
            shape=MatmulShape(m=b * s, n=f, k=d),
        )
        act = Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            vector_flops=ACTIVATION_OPS[self.act_fn] * b * s * f,
            inputs=[b * s * f],
            outputs=[b * s * f],
        )
        down = Operator.of(
            OperatorKind.GEMM,
            self.precision,
            flops=2 * b * s * d * f,
            vector_flops=VECTOR_OPS.bias * b * s * d,
            inputs=[b * s * f],
            outputs=[b * s * d],
            weights=[d * f, d],
            shape=MatmulShape(m=b * s, n=d, k=f),
        )
        return part("up_proj", up), part("act", act), part("down_proj", down)
