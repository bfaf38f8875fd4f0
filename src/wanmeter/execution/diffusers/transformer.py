"""The diffusion transformer. Its norms, tables and time embedding are kept in float32.

Source: diffusers models/transformers/transformer_wan.py; what is kept in float32: _keep_in_fp32_modules.
"""

from wanmeter.execution.array import Array
from wanmeter.execution.diffusers.control_transformer import forward_with_control
from wanmeter.execution.diffusers.embeddings import condition_embedder, rope
from wanmeter.execution.diffusers.layers import layer_norm, linear
from wanmeter.execution.diffusers.transformer_block import (
    head_modulation,
    patch_embedding,
    transformer_block,
    unpatchify,
)
from wanmeter.execution.dtype import INT64
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module


def transformer(part: Part) -> object:
    """One call, on latents, timesteps, prompts, and image features or a control video if it takes any."""
    prompts = part["text_embedding"]["up_proj"].matmul
    hidden_states = video(part["patch_embedding"])
    timestep = part.given(INT64, part["time_embedding"]["mlp"]["up_proj"].matmul.m, 1)
    encoder_hidden_states = part.given(part.stored, prompts.m, prompts.k)
    if "vace_patch_embedding" in part:
        control = video(part["vace_patch_embedding"])
        return forward_with_control(part, hidden_states, timestep, encoder_hidden_states, control)
    features = None
    if "img_emb" in part:
        embed = part["img_emb"]["mlp"]["up_proj"].matmul
        features = part.given(part.stored, embed.m, embed.k)
    return forward(part, hidden_states, timestep, encoder_hidden_states, features)


def video(part: Part) -> Array:
    """What a patch embedding is given."""
    frames, height, width = part.convolution.input_size
    pixels = part.convolution.batch_size * part.convolution.in_channels * height * width
    return part.given(part.stored, frames, pixels)


@module
def forward(
    part: Part,
    hidden_states: Array,
    timestep: Array,
    encoder_hidden_states: Array,
    encoder_hidden_states_image: Array | None,
) -> Array:
    """WanTransformer3DModel.forward."""
    block = part["blocks"]
    head_dim = block["self_attn"]["core"].attention.head_dim
    rotary_emb = rope(part["freqs"], part["patch_embedding"].convolution.output_size, head_dim)
    hidden_states = patch_embedding(part["patch_embedding"], hidden_states)
    hidden_states = hidden_states.like("clone")
    temb, timestep_proj, encoder_hidden_states, encoder_hidden_states_image = condition_embedder(
        part, timestep, encoder_hidden_states, encoder_hidden_states_image
    )
    timestep_proj = timestep_proj.view(6 * timestep_proj.rows, timestep_proj.width // 6)
    if encoder_hidden_states_image is not None:
        encoder_hidden_states = cat(encoder_hidden_states_image, encoder_hidden_states)
    with part.tape.repeated(part.copies("blocks")):
        hidden_states = transformer_block(
            block, hidden_states, encoder_hidden_states, timestep_proj, rotary_emb
        )
    shift, scale = head_modulation(part["head"], temb)
    hidden_states = (
        layer_norm(part["head"]["norm"], hidden_states.float()) * (1 + scale) + shift
    ).to(hidden_states.dtype)
    hidden_states = linear(part["head"]["head"], hidden_states)
    return unpatchify(hidden_states, part["patch_embedding"])
