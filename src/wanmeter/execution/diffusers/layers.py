"""Layers that the programs share: the forward passes of PyTorch's modules, and of diffusers' own.

Source: diffusers models/normalization.py, models/attention.py.
"""

from wanmeter.execution import operators
from wanmeter.execution.array import Array
from wanmeter.execution.dtype import FLOAT32, DType
from wanmeter.execution.part import Part, module
from wanmeter.validators import is_int


def is_one(size: int) -> bool:
    """Whether a reshape need not copy because a dimension has this size, which may be symbolic."""
    return is_int(size) and size == 1


@module
def linear(part: Part, x: Array, kept: DType | None = None) -> Array:
    """nn.Linear; `kept` is the type of its weights, if not the stored one."""
    return operators.linear(part, x, *part.weights(kept))


@module
def linear_of_slice(part: Part, x: Array) -> Array:
    """nn.Linear on some rows of each of several samples: F.linear copies them, and adds the bias apart."""
    weight, bias = part.weights()
    return operators.linear(part, x.like("clone"), weight).like("add", bias)


@module
def convolution(part: Part, x: Array) -> Array:
    """nn.Conv2d and nn.Conv3d."""
    return operators.convolution(part, x, *part.weights())


@module
def activation(part: Part, x: Array, act_fn: str) -> Array:
    """nn.SiLU and nn.GELU."""
    return x.like(act_fn)


@module
def rms_norm(part: Part, x: Array) -> Array:
    """nn.RMSNorm."""
    (weight,) = part.weights()
    return operators.rms_norm(x, weight, fused=part.options.fused_rms_norm)


@module
def layer_norm(part: Part, inputs: Array) -> Array:
    """FP32LayerNorm.forward: the norm and its weights in float32, the result in the input's type."""
    return operators.layer_norm(inputs.float(), *part.weights(FLOAT32)).to(inputs.dtype)


@module
def mlp(part: Part, hidden_states: Array, act_fn: str, kept: DType | None = None) -> Array:
    """FeedForward, TimestepEmbedding and PixArtAlphaTextProjection: forward."""
    hidden_states = linear(part["up_proj"], hidden_states, kept)
    hidden_states = activation(part["act"], hidden_states, act_fn)
    hidden_states = linear(part["down_proj"], hidden_states, kept)
    return hidden_states


@module
def attention_core(part: Part, query: Array, key: Array, value: Array) -> Array:
    """F.scaled_dot_product_attention without a mask."""
    return operators.scaled_dot_product_attention(part, query, key, value)


@module
def masked_attention_core(
    part: Part, query: Array, key: Array, value: Array, attn_mask: Array
) -> Array:
    """F.scaled_dot_product_attention with a mask, which flash attention does not take."""
    return operators.efficient_attention(part, query, key, value, attn_mask)
