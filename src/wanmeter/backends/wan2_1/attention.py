"""Wan2.1's attention, every operator written out.

Names as in the source: b samples, s tokens, t text tokens, i image tokens, d width, n heads.
"""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.backends.base import CrossAttentionSpec, SelfAttentionSpec
from wanmeter.backends.wan2_1.operator import part
from wanmeter.conventions import VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Child, Layer
from wanmeter.layers.operator import Operator, Tensor
from wanmeter.layers.shapes import AttentionShape, MatmulShape


@final
@frozen
class Wan2_1Attention(Layer):
    """Wan2.1's self-attention, or its cross-attention to the text (and images). One forward pass.

    x [batch_size, tokens, dim]; text [batch_size, context_tokens, dim]; images [batch_size,
    image_tokens, dim].

    Source: Wan2.1 wan/modules/model.py, the forward methods of WanSelfAttention, WanT2VCrossAttention
    and WanI2VCrossAttention.
    """

    spec: SelfAttentionSpec | CrossAttentionSpec

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The operators of the forward pass, in order."""
        if isinstance(self.spec, SelfAttentionSpec):
            return self._self_attention()
        if self.spec.image_tokens:
            return self._image_cross_attention(self.spec.context_tokens, self.spec.image_tokens)
        return self._cross_attention(self.spec.context_tokens)

    def _self_attention(self) -> tuple[Child, ...]:
        b, s, d, n = self.spec.batch_size, self.spec.tokens, self.spec.dim, self.spec.num_heads
        x = self._bytes(b * s * d)  # as large as q, k, v and the result
        table = self._bytes(s * (d // n))
        norms = (
            self._norm("norm_q", s, held=2 * x + table),
            self._norm("norm_k", s, held=2 * x + table),
        )
        return (
            self._projection("q", s, held=table),
            self._projection("k", s, held=x + table),
            self._projection("v", s, held=2 * x + table),
            *(norms if self.spec.qk_norm else ()),
            part(
                "rope",
                Operator.of(
                    OperatorKind.ELEMENTWISE,
                    self.spec.precision,
                    vector_flops=2 * VECTOR_OPS.rotary * b * s * d,
                    inputs=[b * s * d, b * s * d, s * (d // n)],
                    outputs=[b * s * d, b * s * d],
                ),
                held=x,
            ),
            self._core("core", s, held=table),
            self._projection("o", s, held=table),
        )

    def _cross_attention(self, t: int) -> tuple[Child, ...]:
        b, s, d = self.spec.batch_size, self.spec.tokens, self.spec.dim
        x = self._bytes(b * s * d)  # as large as q and the result
        text = self._bytes(b * t * d)  # as large as k and v
        norms = (
            self._norm("norm_q", s, held=3 * text),
            self._norm("norm_k", t, held=x + 2 * text),
        )
        return (
            self._projection("q", s, held=text),
            self._projection("k", t, held=x),
            self._projection("v", t, held=x + text),
            *(norms if self.spec.qk_norm else ()),
            self._core("core", t, held=text),
            self._projection("o", s, held=text),
        )

    def _image_cross_attention(self, t: int, i: int) -> tuple[Child, ...]:
        b, s, d = self.spec.batch_size, self.spec.tokens, self.spec.dim
        x = self._bytes(b * s * d)  # as large as q and both results
        text = self._bytes(b * t * d)  # as large as k and v
        image = self._bytes(b * i * d)  # as large as k_img and v_img
        norms = (
            self._norm("norm_q", s, held=3 * text + image),
            self._norm("norm_k", t, held=x + 2 * text + image),
        )
        norm_image = self._norm("norm_k_img", i, held=x + 3 * text + 2 * image)
        return (
            self._projection("q", s, held=text + image),
            self._projection("k", t, held=x + image),
            self._projection("v", t, held=x + text + image),
            *(norms if self.spec.qk_norm else ()),
            self._projection("k_img", i, held=x + 3 * text),
            self._projection("v_img", i, held=x + 3 * text + image),
            *((norm_image,) if self.spec.qk_norm else ()),
            self._core("core_img", i, held=3 * text + image),
            self._core("core", t, held=x + text + image),
            part(
                "add_img",
                Operator.of(
                    OperatorKind.ELEMENTWISE,
                    self.spec.precision,
                    vector_flops=VECTOR_OPS.residual * b * s * d,
                    inputs=[b * s * d, b * s * d],
                    outputs=[b * s * d],
                ),
                held=text + image,
            ),
            self._projection("o", s, held=text + image),
        )

    def _projection(self, name: str, rows: int, *, held: int) -> Child:
        """nn.Linear(dim, dim) on `rows` tokens per sample."""
        b, d = self.spec.batch_size, self.spec.dim
        linear = Operator.of(
            OperatorKind.GEMM,
            self.spec.precision,
            flops=2 * b * rows * d * d,
            vector_flops=VECTOR_OPS.bias * b * rows * d,
            inputs=[b * rows * d],
            outputs=[b * rows * d],
            weights=[d * d, d],
            shape=MatmulShape(m=b * rows, n=d, k=d),
        )
        return part(name, linear, held=held)

    def _norm(self, name: str, rows: int, *, held: int) -> Child:
        """WanRMSNorm(dim) over the full width of `rows` tokens per sample."""
        elements = self.spec.batch_size * rows * self.spec.dim
        norm = Operator.of(
            OperatorKind.NORMALIZATION,
            self.spec.precision,
            vector_flops=(VECTOR_OPS.rms_norm + VECTOR_OPS.norm_weight) * elements,
            inputs=[elements],
            outputs=[elements],
            weights=[self.spec.dim],
        )
        return part(name, norm, held=held)

    def _core(self, name: str, keys: int, *, held: int) -> Child:
        """flash_attention of all queries over `keys` keys: q k^T, softmax, and the product with v."""
        b, s, d, n = self.spec.batch_size, self.spec.tokens, self.spec.dim, self.spec.num_heads
        ops = VECTOR_OPS.attention_scale + VECTOR_OPS.softmax
        core = Operator.of(
            OperatorKind.ATTENTION,
            self.spec.precision,
            flops=4 * b * s * keys * d,
            vector_flops=ops * b * n * s * keys,
            inputs=[b * s * d, b * keys * d, b * keys * d],
            outputs=[b * s * d],
            shape=AttentionShape(
                batch_size=b,
                queries=s,
                keys=keys,
                num_heads=n,
                num_kv_heads=n,
                head_dim=d // n,
            ),
        )
        return part(name, core, held=held)

    def _bytes(self, elements: int) -> int:
        return Tensor(elements, self.spec.precision.bits).bytes
