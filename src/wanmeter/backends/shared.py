"""The `shared` backend: layers composed from the model-agnostic primitives, scaled by `StepScaled`.

A spec's fields are those of the layer, by the same names.
"""

from attrs import asdict

from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.layers import CrossAttention, Mlp, SelfAttention, StepScaled


def self_attention(spec: SelfAttentionSpec, steps: int) -> StepScaled:
    """Multi-head self-attention with rotary embedding."""
    return StepScaled(SelfAttention(**asdict(spec)), steps)


def cross_attention(spec: CrossAttentionSpec, steps: int) -> StepScaled:
    """Multi-head cross-attention to the text, and to images where there are any."""
    return StepScaled(CrossAttention(**asdict(spec)), steps)


def mlp(spec: MlpSpec, steps: int) -> StepScaled:
    """The feed-forward network."""
    return StepScaled(Mlp(**asdict(spec)), steps)


SHARED = LayerBackend(
    name="shared", self_attention=self_attention, cross_attention=cross_attention, mlp=mlp
)
