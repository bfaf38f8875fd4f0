"""The diffusion transformer with control blocks.

Source: diffusers models/transformers/transformer_wan_vace.py.
"""

from wanmeter.execution.array import Array, new
from wanmeter.execution.diffusers.attention import RotaryEmb
from wanmeter.execution.diffusers.embeddings import condition_embedder, rope
from wanmeter.execution.diffusers.layers import layer_norm, linear
from wanmeter.execution.diffusers.transformer_block import (
    block_forward,
    head_modulation,
    patch_embedding,
    transformer_block,
    unpatchify,
)
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module


@module
def forward_with_control(
    part: Part,
    hidden_states: Array,
    timestep: Array,
    encoder_hidden_states: Array,
    control_hidden_states: Array,
) -> Array:
    """WanVACETransformer3DModel.forward.

    Approximation: the first blocks take the hints, one each. Which blocks do is not in the tree; the most
    bytes are live in the first, which always does.
    """
    block, copies = part["blocks"], part.copies("blocks")
    hints = part.copies("vace_blocks")
    scales = new(part.tape, control_hidden_states.dtype, 1, hints, "new_ones")
    control_hidden_states_scale = [scales.view(1, 1) for _ in range(hints)]
    head_dim = block["self_attn"]["core"].attention.head_dim
    rotary_emb = rope(part["freqs"], part["patch_embedding"].convolution.output_size, head_dim)
    hidden_states = patch_embedding(part["patch_embedding"], hidden_states)
    control_hidden_states = patch_embedding(part["vace_patch_embedding"], control_hidden_states)
    padding = new(part.tape, control_hidden_states.dtype, 0, hidden_states.width, "new_zeros")
    control_hidden_states = cat(control_hidden_states, padding)
    temb, timestep_proj, encoder_hidden_states, _ = condition_embedder(
        part, timestep, encoder_hidden_states, None
    )
    timestep_proj = timestep_proj.view(6 * timestep_proj.rows, timestep_proj.width // 6)
    control_hidden_states_list = []
    for i in range(hints):
        conditioning_states, control_hidden_states = control_block(
            part["vace_blocks"],
            hidden_states,
            encoder_hidden_states,
            control_hidden_states,
            timestep_proj,
            rotary_emb,
            part["vace_before_proj"] if i == 0 else None,
        )
        control_hidden_states_list.append((conditioning_states, control_hidden_states_scale[i]))
    control_hidden_states_list = control_hidden_states_list[::-1]
    for _ in range(hints):
        hidden_states = transformer_block(
            block, hidden_states, encoder_hidden_states, timestep_proj, rotary_emb
        )
        control_hint, scale = control_hidden_states_list.pop()
        hidden_states = hidden_states + control_hint.like("mul", scale)
    if copies > hints:
        with part.tape.repeated(copies - hints):
            hidden_states = transformer_block(
                block, hidden_states, encoder_hidden_states, timestep_proj, rotary_emb
            )
    shift, scale = head_modulation(part["head"], temb)
    hidden_states = (
        layer_norm(part["head"]["norm"], hidden_states.float()) * (1 + scale) + shift
    ).to(hidden_states.dtype)
    hidden_states = linear(part["head"]["head"], hidden_states)
    return unpatchify(hidden_states, part["patch_embedding"])


@module
def control_block(
    part: Part,
    hidden_states: Array,
    encoder_hidden_states: Array,
    control_hidden_states: Array,
    temb: Array,
    rotary_emb: RotaryEmb,
    proj_in: Part | None,
) -> tuple[Array, ...]:
    """WanVACETransformerBlock.forward: a hint, and the control states for the next block."""
    if proj_in is None:
        return block_forward(part, control_hidden_states, encoder_hidden_states, temb, rotary_emb)
    return block_forward(
        part,
        linear(proj_in, control_hidden_states) + hidden_states,
        encoder_hidden_states,
        temb,
        rotary_emb,
    )
