"""The transformer's attention.

Source: diffusers models/transformers/transformer_wan.py, attention_dispatch.py.
"""

from collections.abc import Callable

from wanmeter.execution import operators
from wanmeter.execution.array import Array, new
from wanmeter.execution.diffusers.layers import (
    attention_core,
    is_one,
    linear,
    linear_of_slice,
    rms_norm,
)
from wanmeter.execution.part import Part, module

RotaryEmb = tuple[Array, Array]
"""freqs_cos and freqs_sin."""


@module
def self_attention(attn: Part, hidden_states: Array, rotary_emb: RotaryEmb) -> Array:
    """WanAttention.forward of attn1: WanAttnProcessor.__call__ with a rotary embedding."""
    query = linear(attn["q"], hidden_states)
    key = linear(attn["k"], hidden_states)
    value = linear(attn["v"], hidden_states)
    query = rms_norm(attn["norm_q"], query)
    key = rms_norm(attn["norm_k"], key)
    query = apply_rotary_emb(query, *rotary_emb)
    key = apply_rotary_emb(key, *rotary_emb)
    hidden_states = attention_core(attn["core"], query, key, value)
    hidden_states = linear(attn["o"], hidden_states)
    return hidden_states


@module
def cross_attention(attn: Part, hidden_states: Array, encoder_hidden_states: Array) -> Array:
    """WanAttention.forward of attn2: WanAttnProcessor.__call__ on a context, which images may precede."""
    encoder_hidden_states_img = None
    project: Callable[[Part, Array], Array] = linear
    if "core_img" in attn:
        project = linear if is_one(attn["core"].attention.batch_size) else linear_of_slice
        encoder_hidden_states_img, encoder_hidden_states = _split(attn, encoder_hidden_states)
    query = linear(attn["q"], hidden_states)
    key = project(attn["k"], encoder_hidden_states)
    value = project(attn["v"], encoder_hidden_states)
    query = rms_norm(attn["norm_q"], query)
    key = rms_norm(attn["norm_k"], key)
    hidden_states_img = None
    if encoder_hidden_states_img is not None:
        key_img = project(attn["k_img"], encoder_hidden_states_img)
        value_img = project(attn["v_img"], encoder_hidden_states_img)
        key_img = rms_norm(attn["norm_k_img"], key_img)
        hidden_states_img = attention_core(attn["core_img"], query, key_img, value_img)
    hidden_states = attention_core(attn["core"], query, key, value)
    if hidden_states_img is not None:
        hidden_states = hidden_states + hidden_states_img
    hidden_states = linear(attn["o"], hidden_states)
    return hidden_states


def _split(attn: Part, encoder_hidden_states: Array) -> tuple[Array, Array]:
    """The images' tokens and the text's: views."""
    images, text = [attn[core].attention for core in ("core_img", "core")]
    width = encoder_hidden_states.width
    return (
        encoder_hidden_states.view(images.batch_size * images.keys, width),
        encoder_hidden_states.view(text.batch_size * text.keys, width),
    )


def apply_rotary_emb(hidden_states: Array, freqs_cos: Array, freqs_sin: Array) -> Array:
    """The function of this name within WanAttnProcessor.__call__."""
    half = hidden_states.width // 2
    x1, x2 = [hidden_states.view(hidden_states.rows, half) for _ in range(2)]
    cos, sin = [freqs.view(freqs.rows, freqs.width // 2) for freqs in (freqs_cos, freqs_sin)]
    out = new(hidden_states.tape, hidden_states.dtype, hidden_states.rows, hidden_states.width)
    operators.copy_(out.view(out.rows, half), x1 * cos - x2 * sin)
    operators.copy_(out.view(out.rows, half), x1 * sin + x2 * cos)
    return out
