"""The `shared` backend: layers composed from the model-agnostic primitives.

A spec has the same field names as its layer.
"""

from attrs import asdict

from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.layers import CrossAttention, Mlp, SelfAttention


def self_attention(spec: SelfAttentionSpec) -> SelfAttention:
    """Multi-head self-attention with rotary embedding."""
    return SelfAttention(**asdict(spec, recurse=False))


def cross_attention(spec: CrossAttentionSpec) -> CrossAttention:
    """Multi-head cross-attention to the text, and to images if there are any."""
    return CrossAttention(**asdict(spec, recurse=False))


def mlp(spec: MlpSpec) -> Mlp:
    """The feed-forward network."""
    return Mlp(**asdict(spec, recurse=False))


SHARED = LayerBackend(
    name="shared", self_attention=self_attention, cross_attention=cross_attention, mlp=mlp
)
