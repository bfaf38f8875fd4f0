"""The `wan2_1` backend: formulas transcribed from the reference model, operator by operator.

It uses no layer of `wanmeter.layers`: every number, live bytes included, is written out from the model's
code, so that agreement with the `shared` backend is evidence. The two backends share only definitions:
the operations per element, and the cost of an operator.
"""

from attrs import asdict

from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.backends.wan2_1.attention import Wan2_1Attention
from wanmeter.backends.wan2_1.mlp import Wan2_1MLP

__all__ = ["WAN2_1", "Wan2_1Attention", "Wan2_1MLP"]


def self_attention(spec: SelfAttentionSpec) -> Wan2_1Attention:
    """Self-attention."""
    return Wan2_1Attention(**asdict(spec, recurse=False))


def cross_attention(spec: CrossAttentionSpec) -> Wan2_1Attention:
    """Cross-attention to the text, and to images if there are any."""
    return Wan2_1Attention(**asdict(spec, recurse=False))


def mlp(spec: MlpSpec) -> Wan2_1MLP:
    """The feed-forward network."""
    return Wan2_1MLP(**asdict(spec, recurse=False))


WAN2_1 = LayerBackend(
    name="wan2_1", self_attention=self_attention, cross_attention=cross_attention, mlp=mlp
)
