"""The `shared` backend: layers composed from the model-agnostic primitives, scaled by `StepScaled`."""

from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.layers import CrossAttention, Mlp, SelfAttention, StepScaled


def self_attention(spec: SelfAttentionSpec, steps: int) -> StepScaled:
    """Multi-head self-attention with rotary embedding."""
    layer = SelfAttention(
        batch_size=spec.batch_size,
        tokens=spec.tokens,
        dim=spec.dim,
        num_heads=spec.num_heads,
        qk_norm=spec.qk_norm,
        bits=spec.bits,
        weight_bits=spec.weight_bits,
    )
    return StepScaled(layer, steps)


def cross_attention(spec: CrossAttentionSpec, steps: int) -> StepScaled:
    """Multi-head cross-attention to the text."""
    layer = CrossAttention(
        batch_size=spec.batch_size,
        tokens=spec.tokens,
        context_tokens=spec.context_tokens,
        dim=spec.dim,
        num_heads=spec.num_heads,
        qk_norm=spec.qk_norm,
        bits=spec.bits,
        weight_bits=spec.weight_bits,
    )
    return StepScaled(layer, steps)


def mlp(spec: MlpSpec, steps: int) -> StepScaled:
    """The feed-forward network."""
    layer = Mlp(
        batch_size=spec.batch_size,
        tokens=spec.tokens,
        dim=spec.dim,
        ffn_dim=spec.ffn_dim,
        act_fn=spec.act_fn,
        bits=spec.bits,
        weight_bits=spec.weight_bits,
    )
    return StepScaled(layer, steps)


SHARED = LayerBackend(
    name="shared", self_attention=self_attention, cross_attention=cross_attention, mlp=mlp
)
