"""Wan2.1's attention in closed form.

Names, as in the source: b samples, s tokens, t text tokens, i image tokens, d width, n heads.
"""

from functools import cached_property
from typing import final

from attrs import field, frozen
from attrs.validators import optional

from wanmeter.arithmetic import tensor_bytes
from wanmeter.backends.wan2_1.operator import operator
from wanmeter.conventions import VECTOR_OPS
from wanmeter.layers.base import Child, Composite, OperatorKind
from wanmeter.validation import boolean, divisor_of, non_negative_int, positive_int


@final
@frozen(kw_only=True)
class Wan2_1Attention(Composite):
    """Wan2.1's self-attention; with `context_tokens`, its cross-attention to the text (and images).

    x [batch_size, tokens, dim]; text [batch_size, context_tokens, dim]; images [batch_size,
    image_tokens, dim]. Covers `steps` passes.

    Source: Wan2.1 wan/modules/model.py, the forward methods of WanSelfAttention, WanT2VCrossAttention
    and WanI2VCrossAttention.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=[positive_int, divisor_of("dim")])
    context_tokens: int | None = field(default=None, validator=optional(positive_int))
    image_tokens: int = field(default=0, validator=non_negative_int)
    qk_norm: bool = field(default=True, validator=boolean)
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
        if self.context_tokens is None:
            return self._self_attention()
        if self.image_tokens:
            return self._image_cross_attention(self.context_tokens, self.image_tokens)
        return self._cross_attention(self.context_tokens)

    def _self_attention(self) -> tuple[Child, ...]:
        b, s, d, n = self.batch_size, self.tokens, self.dim, self.num_heads
        x = tensor_bytes(b * s * d, self.bits)  # as large as q, k, v and the result
        table = tensor_bytes(s * (d // n), self.bits)
        norms = (
            self._norm("norm_q", s, x, held=2 * x + table),
            self._norm("norm_k", s, x, held=2 * x + table),
        )
        return (
            self._projection("q", s, x, held=table),
            self._projection("k", s, x, held=x + table),
            self._projection("v", s, x, held=2 * x + table),
            *(norms if self.qk_norm else ()),
            operator(
                "rope",
                OperatorKind.ELEMENTWISE,
                self.steps,
                vector_flops=2 * VECTOR_OPS.rotary * b * s * d,
                reads=2 * x + table,
                writes=2 * x,
                held=x,
            ),
            self._core("core", s, reads=3 * x, writes=x, held=table),
            self._projection("o", s, x, held=table),
        )

    def _cross_attention(self, t: int) -> tuple[Child, ...]:
        b, s, d = self.batch_size, self.tokens, self.dim
        x = tensor_bytes(b * s * d, self.bits)  # as large as q and the result
        text = tensor_bytes(b * t * d, self.bits)  # as large as k and v
        norms = (
            self._norm("norm_q", s, x, held=3 * text),
            self._norm("norm_k", t, text, held=x + 2 * text),
        )
        return (
            self._projection("q", s, x, held=text),
            self._projection("k", t, text, held=x),
            self._projection("v", t, text, held=x + text),
            *(norms if self.qk_norm else ()),
            self._core("core", t, reads=x + 2 * text, writes=x, held=text),
            self._projection("o", s, x, held=text),
        )

    def _image_cross_attention(self, t: int, i: int) -> tuple[Child, ...]:
        b, s, d = self.batch_size, self.tokens, self.dim
        x = tensor_bytes(b * s * d, self.bits)  # as large as q and both results
        text = tensor_bytes(b * t * d, self.bits)  # as large as k and v
        image = tensor_bytes(b * i * d, self.bits)  # as large as k_img and v_img
        norms = (
            self._norm("norm_q", s, x, held=3 * text + image),
            self._norm("norm_k", t, text, held=x + 2 * text + image),
        )
        norm_image = self._norm("norm_k_img", i, image, held=x + 3 * text + 2 * image)
        return (
            self._projection("q", s, x, held=text + image),
            self._projection("k", t, text, held=x + image),
            self._projection("v", t, text, held=x + text + image),
            *(norms if self.qk_norm else ()),
            self._projection("k_img", i, image, held=x + 3 * text),
            self._projection("v_img", i, image, held=x + 3 * text + image),
            *((norm_image,) if self.qk_norm else ()),
            self._core("core_img", i, reads=x + 2 * image, writes=x, held=3 * text + image),
            self._core("core", t, reads=x + 2 * text, writes=x, held=x + text + image),
            operator(
                "add_img",
                OperatorKind.ELEMENTWISE,
                self.steps,
                vector_flops=VECTOR_OPS.residual * b * s * d,
                reads=2 * x,
                writes=x,
                held=text + image,
            ),
            self._projection("o", s, x, held=text + image),
        )

    def _projection(self, name: str, rows: int, size: int, *, held: int) -> Child:
        """nn.Linear(dim, dim) on `rows` tokens a sample, `size` bytes in and out."""
        b, d = self.batch_size, self.dim
        return operator(
            name,
            OperatorKind.GEMM,
            self.steps,
            flops=2 * b * rows * d * d,
            vector_flops=VECTOR_OPS.bias * b * rows * d,
            reads=size,
            writes=size,
            params=d * d + d,
            weight_bytes=tensor_bytes(d * d, self.weight_bits) + tensor_bytes(d, self.weight_bits),
            held=held,
        )

    def _norm(self, name: str, rows: int, size: int, *, held: int) -> Child:
        """WanRMSNorm(dim) over the full width of `rows` tokens a sample."""
        ops = VECTOR_OPS.rms_norm + VECTOR_OPS.norm_weight
        return operator(
            name,
            OperatorKind.NORMALIZATION,
            self.steps,
            vector_flops=ops * self.batch_size * rows * self.dim,
            reads=size,
            writes=size,
            params=self.dim,
            weight_bytes=tensor_bytes(self.dim, self.weight_bits),
            held=held,
        )

    def _core(self, name: str, keys: int, *, reads: int, writes: int, held: int) -> Child:
        """flash_attention of all queries over `keys` keys: q k^T and the product with v."""
        b, s, d, n = self.batch_size, self.tokens, self.dim, self.num_heads
        ops = VECTOR_OPS.attention_scale + VECTOR_OPS.softmax
        return operator(
            name,
            OperatorKind.ATTENTION,
            self.steps,
            flops=4 * b * s * keys * d,
            vector_flops=ops * b * n * s * keys,
            reads=reads,
            writes=writes,
            held=held,
        )
