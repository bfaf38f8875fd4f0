"""Wan2.1's feed-forward network, every operator written out.

Names as in the source: b samples, s tokens, d width, f hidden width.
"""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.backends.base import MlpSpec
from wanmeter.backends.wan2_1.operator import part
from wanmeter.conventions import ACTIVATION_OPS, VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.operator import Operator
from wanmeter.layers.shapes import MatmulShape


@final
@frozen
class Wan2_1MLP(Layer):
    """Wan2.1's feed-forward network on x [batch_size, tokens, dim]. One forward pass.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.ffn.
    """

    spec: MlpSpec

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The operators of the forward pass, in order."""
        b, s, d, f = self.spec.batch_size, self.spec.tokens, self.spec.dim, self.spec.ffn_dim
        up = Operator.of(
            OperatorKind.GEMM,
            self.spec.precision,
            flops=2 * b * s * d * f,
            vector_flops=VECTOR_OPS.bias * b * s * f,
            inputs=[b * s * d],
            outputs=[b * s * f],
            weights=[d * f, f],
            shape=MatmulShape(m=b * s, n=f, k=d),
        )
        act = Operator.of(
            OperatorKind.ELEMENTWISE,
            self.spec.precision,
            vector_flops=ACTIVATION_OPS[self.spec.act_fn] * b * s * f,
            inputs=[b * s * f],
            outputs=[b * s * f],
        )
        down = Operator.of(
            OperatorKind.GEMM,
            self.spec.precision,
            flops=2 * b * s * d * f,
            vector_flops=VECTOR_OPS.bias * b * s * d,
            inputs=[b * s * f],
            outputs=[b * s * d],
            weights=[d * f, d],
            shape=MatmulShape(m=b * s, n=d, k=f),
        )
        return part("up_proj", up), part("act", act), part("down_proj", down)
