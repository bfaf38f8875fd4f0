"""The official program's attention with a sequence divided among GPUs.

While it attends, Ulysses divides the heads; in a ring, keys and values go round.

Each function stands for the one of its name, line by line, on the first GPU, with a single sample.

Source: Wan2.1 wan/distributed/xdit_context_parallel.py, with xDiT xfuser/core/long_ctx_attention and
long-context-attention yunchang/comm/all_to_all.py; Wan2.2 wan/distributed/sequence_parallel.py,
ulysses.py and util.py.
"""

from collections.abc import Sequence
from typing import cast

from wanmeter.execution.array import Array, new, record
from wanmeter.execution.dtype import COMPLEX128, FLOAT32, FLOAT64, INT64
from wanmeter.execution.official.attention import (
    Freqs,
    attended,
    attention_flops,
    flash_attention,
)
from wanmeter.execution.official.autocast import linear, rms_norm
from wanmeter.execution.operators import cat, cat_columns, stack
from wanmeter.execution.part import Part, module


def share(x: Array, freqs: Freqs) -> Array:
    """This GPU's chunk, a view of the whole."""
    return x.view(x.rows // freqs.ranks, x.width)


@module
def usp_attn_forward(part: Part, x: Array, freqs: Freqs) -> Array:
    """usp_attn_forward of Wan2.1."""
    q, k, v = _qkv(part, x)
    q = rope_apply(q, freqs)
    k = rope_apply(k, freqs)
    x = long_context_attention(part, q.half(), k.half(), v.half(), freqs)
    x = linear(part["o"], x)
    return x


@module
def sp_attn_forward(part: Part, x: Array, freqs: Freqs) -> Array:
    """sp_attn_forward of Wan2.2."""
    q, k, v = _qkv(part, x)
    q = rope_apply(q, freqs)
    k = rope_apply(k, freqs)
    x = distributed_attention(part["core"], q.half(), k.half(), v.half(), freqs)
    x = linear(part["o"], x)
    return x


def _qkv(part: Part, x: Array) -> tuple[Array, Array, Array]:
    """The function qkv_fn within both."""
    q = rms_norm(part["norm_q"], linear(part["q"], x))
    k = rms_norm(part["norm_k"], linear(part["k"], x))
    v = linear(part["v"], x)
    return q, k, v


def rope_apply(x: Array, freqs: Freqs) -> Array:
    """rope_apply of both, sample by sample: every GPU makes the factors of all tokens."""
    output = []
    for u in x.chunk(freqs.samples):
        x_i = u.to(FLOAT64).view(u.rows, u.width // 2, COMPLEX128)
        freqs_i = freqs.of_sample(u)
        freqs_i = pad_freqs(freqs_i, u.rows * freqs.ranks)
        freqs_i_rank = share(freqs_i, freqs)
        x_i = x_i.like("mul", freqs_i_rank).view(u.rows, u.width, FLOAT64)
        x_i = cat(x_i, u.view(0, u.width))
        output.append(x_i)
    return stack(*output).float()


def pad_freqs(original: Array, target_len: int) -> Array:
    """pad_freqs."""
    pad_size = target_len - original.rows
    padding = new(original.tape, COMPLEX128, pad_size, original.width, "ones")
    padded = cat(original, padding)
    return padded


@module
def long_context_attention(
    part: Part, query: Array, key: Array, value: Array, freqs: Freqs
) -> Array:
    """xFuserLongContextAttention.forward."""
    n = freqs.ranks // freqs.ring
    query_layer = _heads_scattered(query, n)
    key_layer = _heads_scattered(key, n)
    value_layer = _heads_scattered(value, n)
    out = ring_flash_attention(part["core"], query_layer, key_layer, value_layer, freqs.ring)
    output = _heads_gathered(out, n, part["core"].attention.head_dim)
    return output


def _heads_scattered(x: Array, n: int) -> Array:
    """all_to_all_4D: from a share of the tokens to a share of the heads."""
    if n == 1:
        return x
    input_t = x.like("clone")
    output = new(x.tape, x.dtype, x.rows * n, x.width // n)
    record("alltoall_base_", [input_t], [output])
    return output


def _heads_gathered(x: Array, n: int, head_dim: int) -> Array:
    """all_to_all_4D: the reverse. A single head needs no copy before it."""
    input_t = x if x.width == head_dim else x.like("clone")
    output = input_t
    if n > 1:
        output = new(x.tape, x.dtype, x.rows // n, x.width * n)
        record("alltoall_base_", [input_t], [output])
    output = output.like("clone")
    return output


def ring_flash_attention(part: Part, q: Array, k: Array, v: Array, ring: int) -> Array:
    """xdit_ring_flash_attn_forward: keys and values of the next GPU come while it attends to its own."""
    out = None
    for step in range(ring):
        if step + 1 != ring:
            next_k = _send_recv(k)
            next_v = _send_recv(v)
        block_out, block_lse = _flash_attention(part, q, k, v)
        out = block_out.float() if out is None else _update_out(out, block_out, block_lse)
        if step + 1 != ring:
            k = next_k
            v = next_v
    out = cast(Array, out).to(q.dtype)
    return out


def _send_recv(to_send: Array) -> Array:
    """RingComm.send_recv of yunchang ring/utils.py."""
    res = new(to_send.tape, to_send.dtype, to_send.rows, to_send.width)
    record("send_recv", [to_send], [res])
    return res


def _update_out(out: Array, block_out: Array, block_lse: Array) -> Array:
    """update_out_and_lse of yunchang ring/utils.py, which TorchScript compiles.

    Approximation: it is one kernel, which reads and writes log-sum-exps once.
    """
    return out.like("_update_out_and_lse", block_out, block_lse, block_lse)


@module
def _flash_attention(part: Part, q: Array, k: Array, v: Array) -> tuple[Array, Array]:
    """flash_attn_forward: mha_fwd of FlashAttention 2, whose log-sum-exps are a result."""
    rng_state = new(part.tape, INT64, 2, 1)
    x = new(part.tape, q.dtype, q.rows, q.width)
    lse = new(part.tape, FLOAT32, q.elements // part.attention.head_dim, 1)
    record(
        "_flash_attention_forward",
        [q, k, v],
        [x, lse],
        flops=attention_flops(part, q, k),
        grid=attended(part, q),
    )
    del rng_state
    return x, lse


def distributed_attention(part: Part, q: Array, k: Array, v: Array, freqs: Freqs) -> Array:
    """distributed_attention of Wan2.2: keys and values without padding."""
    n = freqs.ranks
    q = _scattered(q, n)
    k = _scattered(k, n)
    v = _scattered(v, n)
    x = flash_attention(part, q, k, v, k_lens=freqs.tokens)
    x = _gathered(x, n)
    return x


def _scattered(x: Array, n: int) -> Array:
    """all_to_all of Wan2.2: scatters heads and gathers tokens."""
    inputs = [x.view(x.rows, x.width // n).like("clone") for _ in range(n)]
    x = cat(*_all_to_all(inputs))
    return x


def _gathered(x: Array, n: int) -> Array:
    """all_to_all of Wan2.2: scatters tokens, which needs no copies, and gathers heads."""
    inputs = x.chunk(n)
    x = cat_columns(*_all_to_all(inputs))
    return x


def _all_to_all(inputs: Sequence[Array]) -> list[Array]:
    """dist.all_to_all."""
    outputs = [new(each.tape, each.dtype, each.rows, each.width) for each in inputs]
    record("alltoall_", inputs, outputs)
    return outputs


def all_gather(x: Array, freqs: Freqs) -> Array:
    """GroupCoordinator.all_gather of xDiT xfuser/core/distributed/group_coordinator.py."""
    output = new(x.tape, x.dtype, x.rows * freqs.ranks, x.width)
    record("_allgather_base_", [x], [output])
    return output


def gather_forward(x: Array, freqs: Freqs) -> Array:
    """gather_forward of Wan2.2."""
    output = [new(x.tape, x.dtype, x.rows, x.width) for _ in range(freqs.ranks)]
    record("allgather_", [x], output)
    return cat(*output)
