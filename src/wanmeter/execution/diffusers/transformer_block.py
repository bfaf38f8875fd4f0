"""The transformer's block, and what surrounds the blocks.

Source: diffusers models/transformers/transformer_wan.py; what is kept in float32: _keep_in_fp32_modules.
"""

from wanmeter.execution.array import Array, made
from wanmeter.execution.diffusers.attention import RotaryEmb, cross_attention, self_attention
from wanmeter.execution.diffusers.layers import convolution, is_one, layer_norm, linear, mlp
from wanmeter.execution.dtype import FLOAT32
from wanmeter.execution.part import Part, module


def patch_embedding(part: Part, hidden_states: Array) -> Array:
    """The patch embedding, as a view [tokens, dim]."""
    hidden_states = convolution(part, hidden_states)
    dim = part.convolution.out_channels
    return hidden_states.view(hidden_states.elements // dim, dim)


@module
def transformer_block(
    part: Part,
    hidden_states: Array,
    encoder_hidden_states: Array,
    temb: Array,
    rotary_emb: RotaryEmb,
) -> Array:
    """WanTransformerBlock.forward."""
    (hidden_states,) = block_forward(part, hidden_states, encoder_hidden_states, temb, rotary_emb)
    return hidden_states


def block_forward(
    part: Part,
    hidden_states: Array,
    encoder_hidden_states: Array,
    temb: Array,
    rotary_emb: RotaryEmb,
) -> tuple[Array, ...]:
    """What WanTransformerBlock.forward and WanVACETransformerBlock.forward have in common.

    Returns the block's output, after the hint if it is a control block.
    """
    (scale_shift_table,) = part["modulation"].weights(FLOAT32)
    shift_msa, scale_msa, gate_msa, c_shift_msa, c_scale_msa, c_gate_msa = (
        temb.float() + scale_shift_table
    ).chunk(6)
    norm_hidden_states = (
        layer_norm(part["norm1"], hidden_states.float()) * (1 + scale_msa) + shift_msa
    ).to(hidden_states.dtype)
    attn_output = self_attention(part["self_attn"], norm_hidden_states, rotary_emb)
    hidden_states = (hidden_states.float() + attn_output * gate_msa).to(hidden_states.dtype)
    norm_hidden_states = layer_norm(part["norm3"], hidden_states.float()).to(hidden_states.dtype)
    attn_output = cross_attention(part["cross_attn"], norm_hidden_states, encoder_hidden_states)
    hidden_states = hidden_states + attn_output
    norm_hidden_states = (
        layer_norm(part["norm2"], hidden_states.float()) * (1 + c_scale_msa) + c_shift_msa
    ).to(hidden_states.dtype)
    ff_output = mlp(part["ffn"], norm_hidden_states, "gelu")
    hidden_states = (hidden_states.float() + ff_output.float() * c_gate_msa).to(hidden_states.dtype)
    if "after_proj" in part:
        conditioning_states = linear(part["after_proj"], hidden_states)
        return conditioning_states, hidden_states
    return (hidden_states,)


def head_modulation(part: Part, temb: Array) -> list[Array]:
    """The shift and the scale of the output norm."""
    (scale_shift_table,) = part["modulation"].weights(FLOAT32)
    both = made("add", (scale_shift_table, temb), 2 * temb.rows, temb.width, FLOAT32)
    return both.chunk(2)


def unpatchify(hidden_states: Array, patches: Part) -> Array:
    """The reshape at the end: a copy, unless there is one column of patches."""
    _, _, columns = patches.convolution.output_size
    return hidden_states if is_one(columns) else hidden_states.like("clone")
