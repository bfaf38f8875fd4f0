"""The text encoder, without padding.

Source: transformers models/umt5/modeling_umt5.py, integrations/sdpa_attention.py, activations.py.
"""

from wanmeter.execution import operators
from wanmeter.execution.array import Array, made, new
from wanmeter.execution.diffusers.layers import linear, masked_attention_core
from wanmeter.execution.dtype import BFLOAT16, BOOL, FLOAT32, INT64
from wanmeter.execution.part import Part, module


def text_encoder(part: Part) -> object:
    """One call, on token ids."""
    tokens = part["blocks"]["attn"]["q"].matmul.m
    return forward(part, part.given(INT64, tokens, 1))


@module
def forward(part: Part, input_ids: Array) -> Array:
    """UMT5Stack.forward."""
    inputs_embeds = token_embedding(
        part["token_embedding"], input_ids, part["blocks"]["attn"]["q"].matmul.k
    )
    hidden_states = inputs_embeds
    block, copies = part["blocks"], part.copies("blocks")
    hidden_states = encoder_block(block, hidden_states)
    if copies > 1:  # from here on there is an array beside the embeddings
        with part.tape.repeated(copies - 1):
            hidden_states = encoder_block(block, hidden_states)
    hidden_states = layer_norm(part["norm"], hidden_states)
    return hidden_states


@module
def token_embedding(part: Part, ids: Array, dim: int) -> Array:
    """nn.Embedding, of ids or of position buckets."""
    return operators.embedding(Array(ids.tape, part.stored, 1, dim), ids)


@module
def encoder_block(part: Part, hidden_states: Array) -> Array:
    """UMT5Block.forward."""
    hidden_states = self_attention(part, hidden_states)
    hidden_states = feed_forward(part, hidden_states)
    return hidden_states


@module
def self_attention(part: Part, hidden_states: Array) -> Array:
    """UMT5LayerSelfAttention.forward."""
    normed_hidden_states = layer_norm(part["norm1"], hidden_states)
    attention_output = attention(part["attn"], normed_hidden_states)
    hidden_states = hidden_states + attention_output
    return hidden_states


@module
def feed_forward(part: Part, hidden_states: Array) -> Array:
    """UMT5LayerFF.forward."""
    forwarded_states = layer_norm(part["norm2"], hidden_states)
    forwarded_states = gated_dense(part["ffn"], forwarded_states)
    hidden_states = hidden_states + forwarded_states
    return hidden_states


@module
def gated_dense(part: Part, hidden_states: Array) -> Array:
    """UMT5DenseGatedActDense.forward."""
    hidden_gelu = gelu_new(part["act"], linear(part["gate_proj"], hidden_states))
    hidden_linear = linear(part["up_proj"], hidden_states)
    hidden_states = hidden_gelu * hidden_linear
    hidden_states = linear(part["down_proj"], hidden_states)
    return hidden_states


@module
def gelu_new(part: Part, x: Array) -> Array:
    """NewGELUActivation.forward."""
    return 0.5 * x * (1.0 + (0.8 * (x + 0.044715 * x.like("pow"))).like("tanh"))


@module
def layer_norm(part: Part, hidden_states: Array) -> Array:
    """UMT5LayerNorm.forward: by the root mean square, in float32."""
    (weight,) = part.weights()
    variance = operators.mean(hidden_states.float().like("pow"))
    hidden_states = hidden_states * (variance + 1e-6).like("rsqrt")
    if weight.dtype is BFLOAT16:
        hidden_states = hidden_states.half()
    return hidden_states * weight


@module
def attention(part: Part, hidden_states: Array) -> Array:
    """UMT5Attention.forward."""
    query_states = linear(part["q"], hidden_states)
    key_states = linear(part["k"], hidden_states)
    value_states = linear(part["v"], hidden_states)
    position_bias = compute_bias(part)
    attn_output = masked_attention_core(
        part["core"], query_states, key_states, value_states, position_bias.like("clone")
    )
    attn_output = linear(part["o"], attn_output)
    return attn_output


def compute_bias(part: Part) -> Array:
    """UMT5Attention.compute_bias: [queries, keys x heads]."""
    shape = part["core"].attention
    context_position = new(part.tape, INT64, shape.queries, 1, "arange") + 0
    memory_position = new(part.tape, INT64, shape.keys, 1, "arange")
    relative_position = made(
        "sub", (memory_position, context_position), shape.queries, shape.keys, INT64
    )
    relative_position_bucket = _relative_position_bucket(relative_position)
    return token_embedding(part["position_bias"], relative_position_bucket, shape.num_heads)


def _relative_position_bucket(relative_position: Array) -> Array:
    """UMT5Attention._relative_position_bucket."""
    relative_buckets = 0 + relative_position.like("gt", dtype=BOOL).to(INT64) * 16
    relative_position = relative_position.like("abs")
    is_small = relative_position.like("lt", dtype=BOOL)
    log_ratio = (relative_position.to(FLOAT32) / 8).like("log") / 3.0
    log_ratio = log_ratio * 8
    relative_position_if_large = 8 + log_ratio.to(INT64)
    relative_position_if_large = relative_position_if_large.like(
        "minimum", _full_like(relative_position_if_large)
    )
    relative_buckets.changed(
        "add_", relative_position.like("where", is_small, relative_position_if_large)
    )
    return relative_buckets


def _full_like(x: Array) -> Array:
    return new(x.tape, x.dtype, x.rows, x.width, "full_like")
