"""The image encoder, as far as its blocks run.

Source: transformers models/clip/modeling_clip.py.
"""

from wanmeter.execution import operators
from wanmeter.execution.array import Array, made
from wanmeter.execution.diffusers.layers import attention_core, convolution, linear, mlp
from wanmeter.execution.dtype import INT64
from wanmeter.execution.part import Part, module


def image_encoder(part: Part) -> object:
    """One call, on pixels."""
    shape = part["patch_embedding"].convolution
    frames, height, width = shape.input_size
    pixels = shape.batch_size * shape.in_channels * height * width
    return forward(part, part.given(part.stored, frames, pixels))


@module
def forward(part: Part, pixel_values: Array) -> object:
    """CLIPVisionModel.forward. The last norm sees each image's first token."""
    hidden_states = embeddings(part, pixel_values)
    hidden_states = layer_norm(part["pre_norm"], hidden_states)
    last_hidden_state = encoder(part, hidden_states)
    images = part["patch_embedding"].convolution.batch_size
    pooled_output = last_hidden_state.view(images, last_hidden_state.width)
    pooled_output = layer_norm(part["idle_post_norm"], pooled_output)
    return last_hidden_state, pooled_output


@module
def embeddings(part: Part, pixel_values: Array) -> Array:
    """CLIPVisionEmbeddings.forward."""
    patches, core = part["patch_embedding"].convolution, part["blocks"]["attn"]["core"].attention
    tokens, dim = core.queries, patches.out_channels
    patch_embeds = convolution(part["patch_embedding"], pixel_values)
    weight = Array(part.tape, part.stored, 1, dim)
    embeds = made("cat", (weight, patch_embeds), patches.batch_size * tokens, dim, part.stored)
    embeds = embeds + operators.embedding(weight, Array(part.tape, INT64, tokens, 1))
    return embeds


@module
def encoder(part: Part, inputs_embeds: Array) -> Array:
    """CLIPEncoder.forward."""
    hidden_states = inputs_embeds
    block, copies = part["blocks"], part.copies("blocks")
    hidden_states = encoder_layer(block, hidden_states)
    if copies > 1:  # from here on there is an array beside the embeddings
        with part.tape.repeated(copies - 1):
            hidden_states = encoder_layer(block, hidden_states)
    return hidden_states


@module
def encoder_layer(part: Part, hidden_states: Array) -> Array:
    """CLIPEncoderLayer.forward."""
    residual = hidden_states
    hidden_states = layer_norm(part["norm1"], hidden_states)
    hidden_states = attention(part["attn"], hidden_states)
    hidden_states = residual + hidden_states
    residual = hidden_states
    hidden_states = layer_norm(part["norm2"], hidden_states)
    hidden_states = mlp(part["mlp"], hidden_states, "gelu")
    hidden_states = residual + hidden_states
    return hidden_states


@module
def layer_norm(part: Part, x: Array) -> Array:
    """nn.LayerNorm."""
    return operators.layer_norm(x, *part.weights())


@module
def attention(part: Part, hidden_states: Array) -> Array:
    """CLIPAttention.forward."""
    queries = linear(part["q"], hidden_states)
    keys = linear(part["k"], hidden_states)
    values = linear(part["v"], hidden_states)
    attn_output = attention_core(part["core"], queries, keys, values)
    attn_output = linear(part["o"], attn_output)
    return attn_output
