"""The official program's transformer block, under bfloat16 autocast.

Each function stands for the one of its name in Wan2.1 wan/modules/model.py, line by line.
"""

from collections.abc import Callable, Sequence

from attrs import frozen

from wanmeter.execution.array import Array
from wanmeter.execution.official.attention import (
    Freqs,
    cross_attention,
    image_cross_attention,
    self_attention,
)
from wanmeter.execution.official.autocast import layer_norm
from wanmeter.execution.official.embeddings import mlp
from wanmeter.execution.part import Part, module


@frozen(kw_only=True)
class Condition:
    """kwargs of WanModel.forward: what every block takes. `self_attn` is how its attention is called."""

    e: Array
    freqs: Freqs
    context: Array
    self_attn: Callable[[Part, Array, Freqs], Array] = self_attention


@module
def attention_block(part: Part, x: Array, given: Condition) -> Array:
    """WanAttentionBlock.forward."""
    (modulation,) = part["modulation"].weights()
    shift, scale, gate, *ffn = (given.e + modulation).chunk(6)
    y = given.self_attn(
        part["self_attn"], layer_norm(part["norm1"], x).float() * (1 + scale) + shift, given.freqs
    )
    x = x + y * gate
    x = cross_attn_ffn(part, x, given.context, ffn)
    return x


def cross_attn_ffn(part: Part, x: Array, context: Array, modulation: Sequence[Array]) -> Array:
    """The function of this name within WanAttentionBlock.forward."""
    cross_attn = part["cross_attn"]
    attention = image_cross_attention if "k_img" in cross_attn else cross_attention
    shift, scale, gate = modulation
    x = x + attention(cross_attn, layer_norm(part["norm3"], x), context)
    y = mlp(part["ffn"], layer_norm(part["norm2"], x).float() * (1 + scale) + shift, "gelu")
    x = x + y * gate
    return x
