"""The official program's embeddings of latents, time, text and images.

Each function stands for a module or function in Wan2.1 wan/modules/model.py, line by line.
"""

from collections.abc import Sequence

from wanmeter.execution.array import Array, made, new
from wanmeter.execution.dtype import BFLOAT16, FLOAT32, FLOAT64, DType
from wanmeter.execution.official.autocast import convolution, linear, plain_layer_norm
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module


def tokens(part: Part, x: Sequence[Array], seq_len: int) -> Array:
    """The patch embedding of all samples, as [samples x seq_len, dim]."""
    x = [_patches(part, u) for u in x]
    return cat(*[padded(u, seq_len) for u in x])


def _patches(part: Part, u: Array) -> Array:
    """The patch embedding of a sample, as [tokens, dim]."""
    u = convolution(part, u)
    return u.view(u.rows * u.width // part.convolution.out_channels, part.convolution.out_channels)


def padded(u: Array, length: int) -> Array:
    """A sequence, joined with as many zeros as it lacks, if any."""
    return cat(u, new(u.tape, u.dtype, length - u.rows, u.width, "new_zeros"))


def sinusoidal_embedding_1d(dim: int, position: Array) -> Array:
    """sinusoidal_embedding_1d, in float64, from frequencies that are copied from the CPU."""
    position = position.to(FLOAT64)
    sinusoid = _outer(position, new(position.tape, FLOAT64, 1, dim // 2, "_to_copy"))
    x = made("cat", (sinusoid.like("cos"), sinusoid.like("sin")), position.rows, dim, FLOAT64)
    return x


def of_tokens(t: Array, tokens: int) -> Array:
    """t.expand and t.flatten in Wan2.2's WanModel.forward, which refuses more than one sample.

    The view of `tokens` rows is first read, and made float64, by `sinusoidal_embedding_1d`.
    """
    return made("_to_copy", (t,), tokens, 1, FLOAT64)


def _outer(position: Array, exponents: Array) -> Array:
    """The products of all positions and frequencies."""
    exponents = exponents.like("div")
    exponents = exponents.like("neg")
    frequencies = exponents.like("pow")
    del exponents
    return made("mul", (position, frequencies), position.rows, frequencies.width, FLOAT64)


@module
def mlp(part: Part, x: Array, act_fn: str, dtype: DType = BFLOAT16) -> Array:
    """nn.Sequential of a linear layer, an activation and another linear layer."""
    x = linear(part["up_proj"], x, dtype)
    x = activation(part["act"], x, act_fn)
    x = linear(part["down_proj"], x, dtype)
    return x


@module
def activation(part: Part, x: Array, act_fn: str) -> Array:
    """nn.SiLU and nn.GELU."""
    return x.like(act_fn)


@module
def time_projection(part: Part, e: Array) -> Array:
    """WanModel.time_projection, as [samples x 6, dim]."""
    x = activation(part["act"], e, "silu")
    x = linear(part["linear"], x, FLOAT32)
    return x.view(6 * x.rows, x.width // 6)


@module
def image_projection(part: Part, image_embeds: Array) -> Array:
    """MLPProj.forward."""
    if "position_embedding" in part:
        (emb_pos,) = part["position_embedding"].weights()
        image_embeds = image_embeds + emb_pos
    return _projected(part, image_embeds)


@module
def _projected(part: Part, x: Array) -> Array:
    """MLPProj.proj."""
    x = plain_layer_norm(part["norm1"], x)
    x = linear(part["mlp"]["up_proj"], x)
    x = activation(part["mlp"]["act"], x, "gelu")
    x = linear(part["mlp"]["down_proj"], x)
    x = plain_layer_norm(part["norm2"], x)
    return x
