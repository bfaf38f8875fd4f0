"""The official program's diffusion transformer, under bfloat16 autocast.

Each function stands for the forward pass of its name in Wan2.1 wan/modules/model.py, line by line.
"""

from collections.abc import Sequence

from attrs import frozen

from wanmeter.execution.array import Array, made
from wanmeter.execution.dtype import FLOAT32
from wanmeter.execution.official.attention import Freqs, self_attention
from wanmeter.execution.official.autocast import layer_norm, linear
from wanmeter.execution.official.block import Condition
from wanmeter.execution.official.control import blocks, forward_vace
from wanmeter.execution.official.embeddings import (
    image_projection,
    mlp,
    of_tokens,
    padded,
    sinusoidal_embedding_1d,
    time_projection,
    tokens,
)
from wanmeter.execution.official.inputs import Inputs
from wanmeter.execution.official.sequence_parallel import (
    all_gather,
    gather_forward,
    share,
    sp_attn_forward,
    usp_attn_forward,
)
from wanmeter.execution.operators import cat, cat_columns, stack
from wanmeter.execution.part import Part, module


@frozen(kw_only=True)
class Transformer:
    """One call, on the first of the `ranks` GPUs among which the sequence is divided, in rings of `ring`.

    `t_of_tokens` is how Wan2.2's 5B is called: a time for each token is its input.
    """

    t_of_tokens: bool = False
    ranks: int = 1
    ring: int = 1

    def __call__(self, part: Part) -> object:
        """Run the program."""
        given = Inputs.of(part, t_of_tokens=self.t_of_tokens, ranks=self.ranks, ring=self.ring)
        return forward(part, given.x, given)


@module
def forward(part: Part, latents: Sequence[Array], given: Inputs) -> list[Array]:
    """WanModel.forward, and VaceWanModel.forward.

    On several GPUs: usp_dit_forward of Wan2.1 wan/distributed/xdit_context_parallel.py, and
    sp_dit_forward of Wan2.2 wan/distributed/sequence_parallel.py.
    """
    samples, freqs = len(latents), given.freqs
    x = tokens(part["patch_embedding"].by_sample(samples), _joined(latents, given.y), freqs.seq_len)
    e = time_embedding(part["time_embedding"], given)
    e0 = time_projection(part["time_projection"], e)
    text_len = part["text_embedding"]["up_proj"].matmul.m // samples
    context = mlp(
        part["text_embedding"], stack(*[padded(u, text_len) for u in given.context]), "gelu"
    )
    if given.clip_fea is not None:
        context_clip = image_projection(part["img_emb"], given.clip_fea)
        context = cat(context_clip, context)
    self_attn = self_attention
    if freqs.ranks > 1:
        self_attn = sp_attn_forward if given.per_token else usp_attn_forward
        x = share(x, freqs)
        if given.per_token:
            e, e0 = share(e, freqs), share(e0, freqs)
    kwargs = Condition(e=e0, freqs=freqs, context=context, self_attn=self_attn)
    hints = forward_vace(part, x, given, kwargs) if "vace_blocks" in part else []
    for block, times in blocks(part, hints, kwargs):
        with part.tape.repeated(times):
            x = block(x)
    x = head(part["head"], x, e)
    if freqs.ranks > 1:
        x = gather_forward(x, freqs) if given.per_token else all_gather(x, freqs)
    out = unpatchify(x, freqs)
    del x  # its name is the output's
    return [u.float() for u in out]


def _joined(x: Sequence[Array], y: Sequence[Array]) -> Sequence[Array]:
    """The latents of each sample, with the condition's channels if there is one."""
    return [cat_columns(u, v) for u, v in zip(x, y, strict=True)] if y else x


def time_embedding(part: Part, given: Inputs) -> Array:
    """The time embedding of each sample, and in Wan2.2 of each token."""
    freq_dim = part["mlp"]["up_proj"].matmul.k
    return mlp(
        part["mlp"], sinusoidal_embedding_1d(freq_dim, _times(given)).float(), "silu", FLOAT32
    )


def _times(given: Inputs) -> Array:
    """The time of each sample or token."""
    if given.per_token and not given.t_of_tokens:
        return of_tokens(given.t, given.freqs.samples * given.freqs.seq_len)
    return given.t


@module
def head(part: Part, x: Array, e: Array) -> Array:
    """Head.forward, in float32."""
    (modulation,) = part["modulation"].weights()
    shift, scale = made("add", (modulation, e), 2 * e.rows, e.width, FLOAT32).chunk(2)
    x = linear(part["head"], layer_norm(part["norm"], x) * (1 + scale) + shift, FLOAT32)
    return x


def unpatchify(x: Array, freqs: Freqs) -> list[Array]:
    """WanModel.unpatchify: einsum casts to bfloat16, and the reshape copies."""
    out = []
    for u in x.chunk(freqs.samples):
        u = u.view(freqs.tokens, u.width).half()
        u = u.like("clone")
        out.append(u)
    return out
