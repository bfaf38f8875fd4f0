"""The official program's attention: rotary embeddings in float64, FlashAttention in bfloat16.

Each function stands for the one of its name in Wan2.1 wan/modules/model.py and attention.py, line by line.
"""

from collections.abc import Sequence
from math import prod

from attrs import frozen

from wanmeter.execution.array import Array, made, new
from wanmeter.execution.dtype import (
    BFLOAT16,
    COMPLEX128,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
)
from wanmeter.execution.official.autocast import linear, rms_norm
from wanmeter.execution.operators import cat, flops_of, stack
from wanmeter.execution.part import Part, module
from wanmeter.execution.tape import Attended


@frozen(kw_only=True)
class Freqs:
    """freqs and grid_sizes: the rotary tables of each axis, and the tokens along each axis of a sample.

    A sequence is divided among `ranks` GPUs, which are rings of `ring` GPUs each.
    """

    samples: int
    grid: Sequence[int]
    head_dim: int
    ranks: int = 1
    ring: int = 1

    @property
    def tokens(self) -> int:
        """The tokens of a sample."""
        return prod(self.grid)

    @property
    def seq_len(self) -> int:
        """The tokens of a sample, padded so that they can be divided."""
        if self.ranks == 1:
            return self.tokens
        return -(-self.tokens // self.ranks) * self.ranks

    def of_sample(self, x: Array) -> Array:
        """freqs_i: a complex number for each token and pair of elements of a head."""
        pairs = self.head_dim // 2
        widths = (pairs - 2 * (pairs // 3), pairs // 3, pairs // 3)
        axes = zip(self.grid, widths, strict=True)
        tables = [Array(x.tape, COMPLEX128, size, width) for size, width in axes]
        return made("cat", tables, self.tokens, pairs, COMPLEX128)


@module
def self_attention(part: Part, x: Array, freqs: Freqs) -> Array:
    """WanSelfAttention.forward."""
    q = rms_norm(part["norm_q"], linear(part["q"], x))
    k = rms_norm(part["norm_k"], linear(part["k"], x))
    v = linear(part["v"], x)
    x = flash_attention(
        part["core"], rope_apply(q, freqs), rope_apply(k, freqs), v, k_lens=freqs.tokens
    )
    x = linear(part["o"], x)
    return x


@module
def cross_attention(part: Part, x: Array, context: Array) -> Array:
    """WanT2VCrossAttention.forward."""
    q = rms_norm(part["norm_q"], linear(part["q"], x))
    k = rms_norm(part["norm_k"], linear(part["k"], context))
    v = linear(part["v"], context)
    x = flash_attention(part["core"], q, k, v)
    x = linear(part["o"], x)
    return x


@module
def image_cross_attention(part: Part, x: Array, context: Array) -> Array:
    """WanI2VCrossAttention.forward."""
    images = part["k_img"].matmul.m
    context_img = context.view(images, context.width)
    context = context.view(context.rows - images, context.width)
    q = rms_norm(part["norm_q"], linear(part["q"], x))
    k = rms_norm(part["norm_k"], linear(part["k"], context))
    v = linear(part["v"], context)
    k_img = rms_norm(part["norm_k_img"], linear(part["k_img"], context_img))
    v_img = linear(part["v_img"], context_img)
    img_x = flash_attention(part["core_img"], q, k_img, v_img)
    x = flash_attention(part["core"], q, k, v)
    x = x + img_x
    x = linear(part["o"], x)
    return x


def rope_apply(x: Array, freqs: Freqs) -> Array:
    """rope_apply, sample by sample."""
    output = []
    for u in x.chunk(freqs.samples):
        x_i = u.to(FLOAT64).view(u.rows, u.width // 2, COMPLEX128)
        freqs_i = freqs.of_sample(u)
        x_i = x_i.like("mul", freqs_i).view(u.rows, u.width, FLOAT64)
        x_i = cat(x_i, u.view(0, u.width))
        output.append(x_i)
    return stack(*output).float()


def flash_attention(
    part: Part, q: Array, k: Array, v: Array, *, k_lens: int | None = None
) -> Array:
    """flash_attention. Given the length of the keys, it joins keys and values of all samples anew."""
    out_dtype, batch = q.dtype, part.attention.batch_size
    q = _half(q)
    q_lens = new(part.tape, INT32, batch, 1, "_to_copy")
    if k_lens is not None:
        k = _half(cat(*[u.view(k_lens, u.width) for u in k.chunk(batch)]))
        v = _half(cat(*[u.view(k_lens, u.width) for u in v.chunk(batch)]))
        lens = None  # on the CPU
    else:
        k = _half(k)
        v = _half(v)
        lens = new(part.tape, INT32, batch, 1, "_to_copy")
    x = varlen_attention(part, q, k, v, _starts(part, q_lens), _starts(part, lens))
    return x.to(out_dtype)


def _half(x: Array) -> Array:
    """The function `half` within flash_attention."""
    return x if x.dtype in (FLOAT16, BFLOAT16) else x.half()


def _starts(part: Part, lens: Array | None) -> Array:
    """cu_seqlens: where each sample starts; without `lens`, computed on the CPU and copied."""
    if lens is None:
        return new(part.tape, INT32, part.attention.batch_size + 1, 1, "_to_copy")
    return cat(new(part.tape, INT32, 1, 1, "new_zeros"), lens).like("cumsum")


@module
def varlen_attention(
    part: Part, q: Array, k: Array, v: Array, cu_seqlens_q: Array, cu_seqlens_k: Array
) -> Array:
    """flash_attn_varlen_func of FlashAttention 2, which also writes log-sum-exps in float32.

    Source: Dao-AILab/flash-attention csrc/flash_attn/flash_api.cpp, mha_varlen_fwd.
    """
    rng_state = new(part.tape, INT64, 2, 1)
    also = [(FLOAT32, q.elements // part.attention.head_dim)]
    name = "_flash_attention_forward"
    x = made(
        name,
        (q, k, v),
        q.rows,
        q.width,
        q.dtype,
        also=also,
        flops=attention_flops(part, q, k),
        grid=attended(part, q),
    )
    del rng_state
    return x


def attended(part: Part, q: Array) -> Attended:
    """What the core computes: all heads of q, or a share of them."""
    samples, head_dim = part.attention.batch_size, part.attention.head_dim
    return Attended(samples * (q.width // head_dim), q.rows // samples, head_dim)


def attention_flops(part: Part, q: Array, k: Array) -> int:
    """The FLOPs of both products, of all heads of q or a share of them."""
    shape = part.attention
    samples, heads = shape.batch_size, shape.num_heads * shape.head_dim
    # q [b,h,s,d] @ k [b,h,t,d]^T -> scores [b,h,s,t], and scores @ v [b,h,t,d] -> [b,h,s,d]
    counted = 2 * 2 * q.elements * (k.rows // samples)
    return flops_of(part, counted, 2 * 2 * samples * shape.queries * heads * shape.keys)
