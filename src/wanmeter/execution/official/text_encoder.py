"""The official program's text encoder, in the type of its weights, without autocast.

Each function stands for the one of its name in Wan2.1 wan/modules/t5.py, line by line.
"""

from math import pi, sqrt

from wanmeter.execution import operators
from wanmeter.execution.array import Array, made, new
from wanmeter.execution.dtype import BFLOAT16, BOOL, FLOAT16, INT64
from wanmeter.execution.operators import mean
from wanmeter.execution.part import Part, module
from wanmeter.execution.tape import Product


@module
def text_encoder(part: Part) -> Array:
    """T5EncoderModel.__call__: token ids and their mask come from the CPU."""
    batch = part["blocks"]["attn"]["core"].attention.batch_size
    tokens = part["blocks"]["attn"]["q"].matmul.m
    ids = new(part.tape, INT64, tokens, 1, "_to_copy")
    mask = new(part.tape, INT64, tokens, 1, "_to_copy")
    _seq_lens = made("sum", (mask.like("gt", dtype=BOOL),), batch, 1, INT64)
    return encoder(part, ids, mask)


@module
def encoder(part: Part, ids: Array, mask: Array) -> Array:
    """T5Encoder.forward."""
    x = embedding(part["token_embedding"], ids, part["blocks"]["attn"]["q"].matmul.k)
    with part.tape.repeated(part.copies("blocks")):
        x = self_attention_block(part["blocks"], x, mask)
    x = layer_norm(part["norm"], x)
    return x


@module
def embedding(part: Part, ids: Array, dim: int) -> Array:
    """nn.Embedding, which reads only the rows that it looks up."""
    rows = Array(ids.tape, part.stored, ids.elements, dim)
    return made("embedding", (rows, ids), ids.elements, dim, part.stored)


@module
def self_attention_block(part: Part, x: Array, mask: Array) -> Array:
    """T5SelfAttention.forward."""
    e = position_bias(part["attn"])
    x = x + attention(part["attn"], layer_norm(part["norm1"], x), mask, e)
    x = x + feed_forward(part["ffn"], layer_norm(part["norm2"], x))
    return x


@module
def layer_norm(part: Part, x: Array) -> Array:
    """T5LayerNorm.forward."""
    (weight,) = part.weights()
    x = x * (mean(x.float().like("pow")) + 1e-6).like("rsqrt")
    if weight.dtype in (FLOAT16, BFLOAT16):
        x = x.to(weight.dtype)
    return x * weight


@module
def linear(part: Part, x: Array) -> Array:
    """nn.Linear without a bias."""
    return operators.linear(part, x, *part.weights())


@module
def attention(part: Part, x: Array, mask: Array, pos_bias: Array) -> Array:
    """T5Attention.forward. Both products are einsums."""
    core, shape = part["core"], part["core"].attention
    batch, keys = shape.batch_size, shape.keys
    scores = batch * shape.num_heads * shape.queries
    q = linear(part["q"], x)
    k = linear(part["k"], x)
    v = linear(part["v"], x)
    attn_bias = new(x.tape, x.dtype, scores, keys, "new_zeros")
    attn_bias.changed("add_", pos_bias)
    attn_bias.changed("masked_fill_", mask.like("eq", dtype=BOOL))
    # q [n,i,c] @ k [n,j,c]^T -> attn [n,i,j]
    attn = (
        made(
            "bmm",
            (_operand(q, batch), _operand(k, batch)),
            scores,
            keys,
            x.dtype,
            flops=core.flops // 2,
            grid=Product(batch * shape.num_heads, shape.queries, keys),
        )
        + attn_bias
    )
    attn = attn.float().like("_softmax").to(attn.dtype)
    # attn [n,i,j] @ v [n,j,c] -> x [n,i,c]
    x = made(
        "bmm",
        (attn, _operand(v, batch)),
        v.rows,
        v.width,
        v.dtype,
        flops=core.flops // 2,
        grid=Product(batch * shape.num_heads, shape.queries, shape.head_dim),
    )
    x = x.like("clone")
    x = linear(part["o"], x)
    return x


def _operand(x: Array, batch: int) -> Array:
    """An operand of torch.einsum, which copies several samples to have their heads in a row."""
    return x if batch == 1 else x.like("clone")


def position_bias(attn: Part) -> Array:
    """T5RelativeEmbedding.forward on as many queries as keys."""
    core = attn["core"].attention
    return _relative_embedding(attn["position_bias"], core.queries, core.keys, core.num_heads)


@module
def _relative_embedding(part: Part, lq: int, lk: int, num_heads: int) -> Array:
    """T5RelativeEmbedding.forward."""
    rel_pos = made("sub", (_arange(part, lk), _arange(part, lq)), lq, lk, INT64)
    rel_pos = _relative_position_bucket(rel_pos)
    rel_pos_embeds = embedding(part, rel_pos, num_heads)
    return rel_pos_embeds.like("clone")


def _arange(part: Part, length: int) -> Array:
    """torch.arange on the device."""
    return new(part.tape, INT64, 1, length, "arange")


def _relative_position_bucket(rel_pos: Array) -> Array:
    """T5RelativeEmbedding._relative_position_bucket."""
    rel_buckets = rel_pos.like("gt", dtype=BOOL).to(INT64) * 1
    rel_pos = rel_pos.like("abs")
    rel_pos_large = (((rel_pos.float() / 1.0).like("log") / 1.0) * 1.0).to(INT64) + 1
    rel_pos_large = rel_pos_large.like(
        "minimum", new(rel_pos.tape, INT64, rel_pos.rows, rel_pos.width, "full_like")
    )
    rel_buckets.changed("add_", _where(rel_pos.like("lt", dtype=BOOL), rel_pos, rel_pos_large))
    return rel_buckets


def _where(condition: Array, x: Array, y: Array) -> Array:
    """torch.where."""
    return x.like("where", condition, y)


@module
def feed_forward(part: Part, x: Array) -> Array:
    """T5FeedForward.forward."""
    x = linear(part["up_proj"], x) * _gate(part, x)
    x = linear(part["down_proj"], x)
    return x


@module
def _gate(part: Part, x: Array) -> Array:
    """T5FeedForward.gate."""
    x = linear(part["gate_proj"], x)
    x = gelu(part["act"], x)
    return x


@module
def gelu(part: Part, x: Array) -> Array:
    """GELU.forward, from elementary operators."""
    return 0.5 * x * (1.0 + (sqrt(2 / pi) * (x + 0.044715 * x.like("pow"))).like("tanh"))
