"""The VAE: it decodes and encodes a clip chunk by chunk, in the type of its weights.

Source: diffusers models/autoencoders/autoencoder_kl_wan.py.
"""

from wanmeter.execution.array import Array
from wanmeter.execution.cache import Cache, grown
from wanmeter.execution.causal_conv import cached_conv, causal_conv
from wanmeter.execution.diffusers.layers import activation
from wanmeter.execution.diffusers.resampling import avg_down, downsample, dup_up, upsample
from wanmeter.execution.diffusers.vae_blocks import mid_block, residual_block, rms_norm
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module


def vae_decode(part: Part) -> object:
    """One call, on latents."""
    shape = part["post_quant_conv"].convolution
    frames, height, width = shape.input_size
    size = shape.batch_size * shape.in_channels * height * width
    return decode(part, part.given(part.stored, frames, size))


@module
def decode(part: Part, z: Array) -> Array:
    """AutoencoderKLWan._decode: one latent frame after the other."""
    (first, _), *others = part.variants("decoder")
    feat_cache = Cache()
    x = causal_conv(part["post_quant_conv"], z)
    latent = x.view(1, x.width)
    out = decoder(first, latent, feat_cache)
    out_: Array | None = None
    for chunk, times in others:
        out = grown(out, out_, times - 1)
        with part.tape.repeated(times):
            out_ = decoder(chunk, latent, feat_cache)
        out = cat(out, out_)
    if "unpatchify" in part:
        out = out.like("clone")
    out = out.like("clamp")
    return out


@module
def decoder(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanDecoder3d.forward on one chunk."""
    feat_cache.begin()
    x = cached_conv(part["conv_in"], x, feat_cache)
    x = mid_block(part["mid"], x, feat_cache)
    levels = part.named("up_")
    block = residual_up_block if "residual" in levels[0] else up_block
    for level in levels:
        x = block(level, x, feat_cache)
    x = rms_norm(part["norm_out"], x)
    x = activation(part["act_out"], x, "silu")
    x = cached_conv(part["conv_out"], x, feat_cache)
    return x


def resnets(part: Part) -> list[Part]:
    """The residual blocks of a level."""
    others = [part["resnets"]] * part.copies("resnets") if "resnets" in part else []
    return [part["resnet_0"], *others]


@module
def up_block(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanUpBlock.forward."""
    for resnet in resnets(part):
        x = residual_block(resnet, x, feat_cache)
    if "resample" in part:
        x = upsample(part["resample"], x, feat_cache)
    return x


@module
def residual_up_block(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanResidualUpBlock.forward."""
    x_copy = x.like("clone")
    for resnet in resnets(part):
        x = residual_block(resnet, x, feat_cache)
    if "resample" in part:
        x = upsample(part["resample"], x, feat_cache)
        x = x + dup_up(part, x_copy, x)
    return x


def vae_encode(part: Part) -> object:
    """One call, on pixels: the moments of the latents."""
    chunks = [(chunk["conv_in"].convolution, times) for chunk, times in part.variants("encoder")]
    shape, _ = chunks[0]
    _, height, width = shape.input_size
    frames = sum([times * each.input_size[0] for each, times in chunks])
    size = shape.batch_size * shape.in_channels * height * width
    return encode(part, part.given(part.stored, frames, size))


@module
def encode(part: Part, x: Array) -> object:
    """AutoencoderKLWan.encode."""
    h = encode_all(part, x)
    posterior = diagonal_gaussian(h)
    return posterior


def encode_all(part: Part, x: Array) -> Array:
    """AutoencoderKLWan._encode: the first frame, then a chunk after the other."""
    (first, _), *others = part.variants("encoder")
    feat_cache = Cache()
    if "patchify" in part:
        x = x.like("clone")
    out = encoder(first, x.view(1, x.width), feat_cache)
    out_: Array | None = None
    for chunk, times in others:
        frames = chunk["conv_in"].convolution.input_size[0]
        out = grown(out, out_, times - 1)
        with part.tape.repeated(times):
            out_ = encoder(chunk, x.view(frames, x.width), feat_cache)
        out = cat(out, out_)
    enc = causal_conv(part["quant_conv"], out)
    return enc


def diagonal_gaussian(parameters: Array) -> object:
    """DiagonalGaussianDistribution: parameters, logvar, std and var."""
    half = parameters.view(parameters.rows, parameters.width // 2)
    logvar = half.like("clamp")
    std = (0.5 * logvar).like("exp")
    var = logvar.like("exp")
    return parameters, logvar, std, var


@module
def encoder(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanEncoder3d.forward on one chunk."""
    feat_cache.begin()
    x = cached_conv(part["conv_in"], x, feat_cache)
    for level in part.named("down_"):
        if "residual" in level:
            x = residual_down_block(level, x, feat_cache)
            continue
        for resnet in resnets(level):
            x = residual_block(resnet, x, feat_cache)
        if "resample" in level:
            x = downsample(level["resample"], x, feat_cache)
    x = mid_block(part["mid"], x, feat_cache)
    x = rms_norm(part["norm_out"], x)
    x = activation(part["act_out"], x, "silu")
    x = cached_conv(part["conv_out"], x, feat_cache)
    return x


@module
def residual_down_block(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanResidualDownBlock.forward."""
    x_copy = x.like("clone")
    for resnet in resnets(part):
        x = residual_block(resnet, x, feat_cache)
    if "resample" in part:
        x = downsample(part["resample"], x, feat_cache)
    return x + avg_down(part, x_copy, x)
