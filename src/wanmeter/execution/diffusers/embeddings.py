"""The embeddings of position, time, text and images.

Source: diffusers models/transformers/transformer_wan.py, models/embeddings.py.
"""

from collections.abc import Sequence
from math import prod

from wanmeter.execution.array import Array, made, new
from wanmeter.execution.diffusers.attention import RotaryEmb
from wanmeter.execution.diffusers.layers import activation, layer_norm, linear, mlp
from wanmeter.execution.dtype import FLOAT32
from wanmeter.execution.part import Part, module


@module
def rope(part: Part, grid: Sequence[int], head_dim: int) -> RotaryEmb:
    """WanRotaryPosEmbed.forward: a cosine and a sine for each token and element of a head, in float32."""
    h_dim = w_dim = 2 * (head_dim // 6)
    dims = (head_dim - h_dim - w_dim, h_dim, w_dim)
    tables = [Array(part.tape, FLOAT32, *size) for size in zip(grid, dims, strict=True)]
    freqs_cos = made("cat", tables, prod(grid), head_dim, FLOAT32)
    freqs_sin = made("cat", tables, prod(grid), head_dim, FLOAT32)
    return freqs_cos, freqs_sin


def get_timestep_embedding(timesteps: Array, embedding_dim: int) -> Array:
    """get_timestep_embedding, with flip_sin_to_cos: [timesteps, embedding_dim] in float32."""
    half_dim = embedding_dim // 2
    exponent = -1.0 * new(timesteps.tape, FLOAT32, 1, half_dim, "arange")
    exponent = exponent / 1.0
    emb = exponent.like("exp")
    emb = made("mul", (timesteps.float(), emb), timesteps.rows, half_dim, FLOAT32)
    emb = 1.0 * emb
    emb = made("cat", (emb.like("sin"), emb.like("cos")), emb.rows, embedding_dim, FLOAT32)
    emb = made("cat", [emb.view(emb.rows, half_dim)] * 2, emb.rows, embedding_dim, FLOAT32)
    return emb


@module
def condition_embedder(
    part: Part,
    timestep: Array,
    encoder_hidden_states: Array,
    encoder_hidden_states_image: Array | None,
) -> tuple[Array, Array, Array, Array | None]:
    """WanTimeTextImageEmbedding.forward. The time embedding's weights are kept in float32."""
    embedder, project = part["time_embedding"]["mlp"], part["time_projection"]
    timestep = timesteps_proj(part["time_embedding"]["sinusoid"], timestep, embedder)
    temb = mlp(embedder, timestep, "silu", FLOAT32).to(encoder_hidden_states.dtype)
    timestep_proj = linear(project["linear"], activation(project["act"], temb, "silu"))
    encoder_hidden_states = mlp(part["text_embedding"], encoder_hidden_states, "gelu")
    if encoder_hidden_states_image is not None:
        encoder_hidden_states_image = image_embedding(part["img_emb"], encoder_hidden_states_image)
    return temb, timestep_proj, encoder_hidden_states, encoder_hidden_states_image


@module
def timesteps_proj(part: Part, timesteps: Array, embedder: Part) -> Array:
    """Timesteps.forward."""
    t_emb = get_timestep_embedding(timesteps, embedder["up_proj"].matmul.k)
    return t_emb


@module
def image_embedding(part: Part, encoder_hidden_states_image: Array) -> Array:
    """WanImageEmbedding.forward."""
    if "position_embedding" in part:
        (pos_embed,) = part["position_embedding"].weights()
        encoder_hidden_states_image = encoder_hidden_states_image + pos_embed
    hidden_states = layer_norm(part["norm1"], encoder_hidden_states_image)
    hidden_states = mlp(part["mlp"], hidden_states, "gelu")
    hidden_states = layer_norm(part["norm2"], hidden_states)
    return hidden_states
