"""The VAE's resampling.

Source: diffusers models/autoencoders/autoencoder_kl_wan.py.
"""

from wanmeter.execution import operators
from wanmeter.execution.array import Array, made, new
from wanmeter.execution.cache import CACHE_T, Cache, last_frames, no_frames
from wanmeter.execution.causal_conv import causal_conv
from wanmeter.execution.diffusers.layers import convolution
from wanmeter.execution.diffusers.vae_blocks import by_frame
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module


@module
def upsample(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanResample.forward, upsample2d and upsample3d."""
    if "time_conv" in part:
        kept = feat_cache.current
        if kept is None:
            feat_cache.keep(no_frames(x))
        else:
            cache_x = last_frames(x)
            if cache_x.rows < CACHE_T and kept.rows:
                cache_x = cat(kept.view(1, x.width), cache_x)
            if cache_x.rows < CACHE_T:
                cache_x = cat(new(x.tape, x.dtype, 1, x.width, "zeros_like"), cache_x)
            x = causal_conv(part["time_conv"], x, kept if kept.rows else None)
            del kept
            feat_cache.keep(cache_x)
            x = operators.stack(*[x.view(x.rows, x.width // 2)] * 2)
    x = by_frame(x, part["conv"])
    x = _upsampled(part, x)
    return x


@module
def _upsampled(part: Part, x: Array) -> Array:
    """nn.Sequential of WanUpsample and nn.Conv2d, frame by frame."""
    x = nearest_exact(part["upsample"], x)
    x = convolution(part["conv"], x)
    return x


@module
def nearest_exact(part: Part, x: Array) -> Array:
    """WanUpsample.forward: each pixel becomes four, in float32."""
    return _interpolate(x.float()).to(x.dtype)


def _interpolate(x: Array) -> Array:
    return made("_upsample_nearest_exact2d", (x,), x.rows, 4 * x.width, x.dtype)


@module
def downsample(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanResample.forward, downsample2d and downsample3d."""
    x = by_frame(x, part["conv"])
    x = _downsampled(part, x)
    if "time_conv" in part:
        kept = feat_cache.current
        if kept is None:
            feat_cache.keep(x.like("clone"))
        else:
            cache_x = x.view(1, x.width).like("clone")
            x = causal_conv(part["time_conv"], cat(kept.view(1, x.width), x), padded=False)
            del kept
            feat_cache.keep(cache_x)
    return x


@module
def _downsampled(part: Part, x: Array) -> Array:
    """nn.Sequential of nn.ZeroPad2d and nn.Conv2d, frame by frame."""
    shape = part["conv"].convolution
    _, height, width = shape.input_size
    frame = shape.batch_size * shape.in_channels * (height + 1) * (width + 1)
    x = made("constant_pad_nd", (x,), x.rows, frame, x.dtype)
    x = convolution(part["conv"], x)
    return x


@module
def dup_up(level: Part, x: Array, out: Array) -> Array:
    """DupUp3D.forward of a level: as large as `out`, which in the first chunk is the last of two frames."""
    x = made("clone", (x,), _factor_t(level) * x.rows, out.width, x.dtype)
    x = x.like("clone")
    return x.view(out.rows, out.width)


@module
def avg_down(level: Part, x: Array, out: Array) -> Array:
    """AvgDown3D.forward of a level: as large as `out`."""
    x = made("constant_pad_nd", (x,), _factor_t(level) * out.rows, x.width, x.dtype)
    if "resample" in level:
        x = x.like("clone")
    x = made("mean", (x,), out.rows, out.width, x.dtype)
    return x


def _factor_t(level: Part) -> int:
    """The factor by which a level changes the number of frames, after the first chunk."""
    return 2 if "resample" in level and "time_conv" in level["resample"] else 1
