"""The official program's VAEs, in the type of their weights.

Each function stands for the one of its name in Wan2.1 wan/modules/vae.py and Wan2.2
wan/modules/vae2_2.py, line by line. A clip is an array of frames: [frames, channels x height x width].
"""

from collections.abc import Callable

from wanmeter.execution.array import Array, new
from wanmeter.execution.cache import Cache, grown
from wanmeter.execution.causal_conv import cached_conv, causal_conv
from wanmeter.execution.official.vae_blocks import attention_block, residual_block, rms_norm, silu
from wanmeter.execution.official.vae_levels import downsamples, upsamples
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module


def vae_decode(part: Part) -> object:
    """One call, on a list of latents, one for each sample."""
    first = part["post_quant_conv"].convolution
    frames, height, width = first.input_size
    part = part.by_sample(first.batch_size)
    size = first.in_channels * height * width
    return decode_all(part, part.given(part.stored, part.samples * frames, size))


def vae_encode(part: Part) -> object:
    """One call, on a list of videos, one for each sample."""
    samples = part["quant_conv"].convolution.batch_size
    chunks = part.variants("encoder")
    convs = [(chunk["conv_in"].convolution, times) for chunk, times in chunks]
    frames = sum([conv.input_size[0] * times for conv, times in convs])
    first, _ = convs[0]
    _, height, width = first.input_size
    part = part.by_sample(samples)
    size = first.in_channels * height * width
    return encode_all(part, part.given(part.stored, samples * frames, size))


@module
def decode_all(part: Part, zs: Array) -> list[Array]:
    """WanVAE.decode and Wan2_2_VAE.decode."""
    return _one_by_one(part, zs, lambda u: decode(part, u).float().changed("clamp_"))


@module
def encode_all(part: Part, videos: Array) -> list[Array]:
    """WanVAE.encode and Wan2_2_VAE.encode."""
    return _one_by_one(part, videos, lambda u: encode(part, u).float())


def _one_by_one(part: Part, clips: Array, program: Callable[[Array], Array]) -> list[Array]:
    """A program on each sample in turn. Only results stay, so the last, beside all others, takes the most."""
    u = clips.view(clips.rows // part.samples, clips.width)
    made = []
    if others := part.samples - 1:
        with part.tape.repeated(others):
            result = program(u)
        made = [new(part.tape, result.dtype, others * result.rows, result.width)]
        del result
    return [*made, program(u)]


def decode(part: Part, z: Array) -> Array:
    """WanVAE_.decode: one latent frame after the other."""
    (first, _), *others = part.variants("decoder")
    cache = Cache()
    scale = Array(z.tape, z.dtype, 1, part["post_quant_conv"].convolution.in_channels)
    z = z / scale + scale
    x = causal_conv(part["post_quant_conv"], z)
    latent = x.view(1, x.width)
    out = decoder(first, latent, cache)
    out_ = None
    for chunk, times in others:
        out = grown(out, out_, times - 1)
        with part.tape.repeated(times):
            out_ = decoder(chunk, latent, cache)
        out = cat(out, out_)
    if "unpatchify" in part:
        out = out.like("clone")
    return out


def encode(part: Part, x: Array) -> Array:
    """WanVAE_.encode: the first frame, then chunks."""
    (first, _), *others = part.variants("encoder")
    cache = Cache()
    if "patchify" in part:
        x = x.like("clone")
    out = encoder(first, x.view(1, x.width), cache)
    out_ = None
    for chunk, times in others:
        out = grown(out, out_, times - 1)
        frames = chunk["conv_in"].convolution.input_size[0]
        with part.tape.repeated(times):
            out_ = encoder(chunk, x.view(frames, x.width), cache)
        out = cat(out, out_)
    mu, _log_var = _halves(causal_conv(part["quant_conv"], out))
    scale = Array(mu.tape, mu.dtype, 1, part["quant_conv"].convolution.in_channels // 2)
    mu = (mu - scale) * scale
    return mu


def _halves(x: Array) -> list[Array]:
    """torch.chunk in two along the channels."""
    return [x.view(x.rows, x.width // 2) for _ in range(2)]


@module
def decoder(part: Part, x: Array, cache: Cache) -> Array:
    """Decoder3d.forward on one chunk."""
    cache.begin()
    x = cached_conv(part["conv_in"], x, cache)
    x = residual_block(part["mid"]["resnet_0"], x, cache)
    x = attention_block(part["mid"]["attention"], x)
    x = residual_block(part["mid"]["resnet_1"], x, cache)
    for block in upsamples(part):
        x = block(x, cache)
    x = rms_norm(part["norm_out"], x)
    x = silu(part["act_out"], x)
    x = cached_conv(part["conv_out"], x, cache)
    return x


@module
def encoder(part: Part, x: Array, cache: Cache) -> Array:
    """Encoder3d.forward on one chunk."""
    cache.begin()
    x = cached_conv(part["conv_in"], x, cache)
    for block in downsamples(part):
        x = block(x, cache)
    x = residual_block(part["mid"]["resnet_0"], x, cache)
    x = attention_block(part["mid"]["attention"], x)
    x = residual_block(part["mid"]["resnet_1"], x, cache)
    x = rms_norm(part["norm_out"], x)
    x = silu(part["act_out"], x)
    x = cached_conv(part["conv_out"], x, cache)
    return x
