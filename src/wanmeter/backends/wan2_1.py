"""The `wan2_1` backend: closed forms written down from the reference model, scaled by themselves.

Nothing here uses the primitives of `wanmeter.layers`: each number is written out from the model's
code, live bytes included, so that its agreement with the `shared` backend is evidence. Only the
definitions are common to both: the operations per element and the rounding of a tensor to bytes.

Names, as in the source: b samples, s tokens, t context tokens, d width, n heads, f hidden width.
"""

from typing import final

from attrs import field, frozen

from wanmeter.arithmetic import tensor_bytes
from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.conventions import ACTIVATION_OPS, VECTOR_OPS
from wanmeter.cost import StageCost
from wanmeter.layers.base import Child, Composite, Leaf, OperatorKind
from wanmeter.validation import boolean, one_of, positive_int


@final
@frozen
class Wan2_1Operator(Leaf):
    """One operator of a Wan2.1 layer, its closed form already evaluated for all its calls."""

    kind: OperatorKind
    cost: StageCost
    calls: int


def _operator(
    name: str,
    kind: OperatorKind,
    steps: int,
    *,
    flops: int = 0,
    vector_flops: int,
    reads: int,
    writes: int,
    params: int = 0,
    weight_bytes: int = 0,
    held: int = 0,
) -> Child:
    """An operator that runs `steps` times; `reads` and `writes` are activation bytes of one pass."""
    cost = StageCost(
        flops=steps * flops,
        vector_flops=steps * vector_flops,
        bytes_read=steps * (reads + weight_bytes),
        bytes_written=steps * writes,
        params=params,
        weight_bytes=weight_bytes,
        activation_bytes=reads + writes,
    )
    return Child(name=name, layer=Wan2_1Operator(kind, cost, steps), held_bytes=held)


@final
@frozen(kw_only=True)
class Wan2_1Attention(Composite):
    """Wan2.1's self-attention; with `context_tokens`, its cross-attention to the text.

    x [batch_size, tokens, dim]; text [batch_size, context_tokens, dim]. Covers `steps` passes.

    Source: Wan2.1 wan/modules/model.py, WanSelfAttention.forward and WanT2VCrossAttention.forward.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=positive_int)
    context_tokens: int | None = None
    qk_norm: bool = field(default=True, validator=boolean)
    steps: int = field(validator=positive_int)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    @property
    def calls(self) -> int:
        """The passes that the closed forms cover."""
        return self.steps

    @property
    def children(self) -> tuple[Child, ...]:
        """The operators of the forward pass, in order."""
        if self.context_tokens is None:
            return self._self_attention()
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
            _operator(
                "rope",
                OperatorKind.ELEMENTWISE,
                self.steps,
                vector_flops=2 * VECTOR_OPS.rotary * b * s * d,
                reads=2 * x + table,
                writes=2 * x,
                held=x,
            ),
            self._core(s, reads=3 * x, writes=x, held=table),
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
            self._core(t, reads=x + 2 * text, writes=x, held=text),
            self._projection("o", s, x, held=text),
        )

    def _projection(self, name: str, rows: int, size: int, *, held: int) -> Child:
        """nn.Linear(dim, dim) on `rows` tokens a sample, `size` bytes in and out."""
        b, d = self.batch_size, self.dim
        return _operator(
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
        return _operator(
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

    def _core(self, keys: int, *, reads: int, writes: int, held: int) -> Child:
        """flash_attention of all queries over `keys` keys: q k^T and the product with v."""
        b, s, d, n = self.batch_size, self.tokens, self.dim, self.num_heads
        ops = VECTOR_OPS.attention_scale + VECTOR_OPS.softmax
        return _operator(
            "core",
            OperatorKind.ATTENTION,
            self.steps,
            flops=4 * b * s * keys * d,
            vector_flops=ops * b * n * s * keys,
            reads=reads,
            writes=writes,
            held=held,
        )


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

    @property
    def children(self) -> tuple[Child, ...]:
        """The operators of the forward pass, in order."""
        b, s, d, f = self.batch_size, self.tokens, self.dim, self.ffn_dim
        x = tensor_bytes(b * s * d, self.bits)
        hidden = tensor_bytes(b * s * f, self.bits)
        weight = tensor_bytes(d * f, self.weight_bits)
        return (
            _operator(
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
            _operator(
                "act",
                OperatorKind.ELEMENTWISE,
                self.steps,
                vector_flops=ACTIVATION_OPS[self.act_fn] * b * s * f,
                reads=hidden,
                writes=hidden,
            ),
            _operator(
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


def self_attention(spec: SelfAttentionSpec, steps: int) -> Wan2_1Attention:
    """Self-attention for `steps` passes."""
    return Wan2_1Attention(
        batch_size=spec.batch_size,
        tokens=spec.tokens,
        dim=spec.dim,
        num_heads=spec.num_heads,
        qk_norm=spec.qk_norm,
        steps=steps,
        bits=spec.bits,
        weight_bits=spec.weight_bits,
    )


def cross_attention(spec: CrossAttentionSpec, steps: int) -> Wan2_1Attention:
    """Cross-attention to the text for `steps` passes."""
    return Wan2_1Attention(
        batch_size=spec.batch_size,
        tokens=spec.tokens,
        dim=spec.dim,
        num_heads=spec.num_heads,
        context_tokens=spec.context_tokens,
        qk_norm=spec.qk_norm,
        steps=steps,
        bits=spec.bits,
        weight_bits=spec.weight_bits,
    )


def mlp(spec: MlpSpec, steps: int) -> Wan2_1MLP:
    """The feed-forward network for `steps` passes."""
    return Wan2_1MLP(
        batch_size=spec.batch_size,
        tokens=spec.tokens,
        dim=spec.dim,
        ffn_dim=spec.ffn_dim,
        act_fn=spec.act_fn,
        steps=steps,
        bits=spec.bits,
        weight_bits=spec.weight_bits,
    )


WAN2_1 = LayerBackend(
    name="wan2_1", self_attention=self_attention, cross_attention=cross_attention, mlp=mlp
)
