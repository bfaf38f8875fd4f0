"""The `wan2_1` backend: formulas transcribed from the reference model, operator by operator.

It uses no layer of `wanmeter.layers`: every number, live bytes included, is written out from the model's
code, so that agreement with the `shared` backend is evidence. The two backends share only definitions:
the operations per element, and the cost of an operator.
"""

from wanmeter.backends.base import LayerBackend
from wanmeter.backends.wan2_1.attention import Wan2_1Attention
from wanmeter.backends.wan2_1.mlp import Wan2_1MLP

__all__ = ["WAN2_1", "Wan2_1Attention", "Wan2_1MLP"]

WAN2_1 = LayerBackend(
    name="wan2_1",
    self_attention=Wan2_1Attention,
    cross_attention=Wan2_1Attention,
    mlp=Wan2_1MLP,
)
