"""The resampling between the levels of the official program's VAEs.

Each function stands for the one of its name in Wan2.1 wan/modules/vae.py and Wan2.2
wan/modules/vae2_2.py, line by line.
"""

from wanmeter.execution import operators
from wanmeter.execution.array import Array, made, new
from wanmeter.execution.cache import CACHE_T, Cache, last_frames, no_frames
from wanmeter.execution.causal_conv import causal_conv
from wanmeter.execution.official.vae_blocks import conv2d
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module


@module
def upsampling(part: Part, x: Array, cache: Cache) -> Array:
    """Resample.forward, upsample2d and upsample3d."""
    if "time_conv" in part and cache.current is None:
        cache.keep(no_frames(x))
    elif "time_conv" in part:
        cache_x = last_frames(x)
        if cache_x.rows < CACHE_T and cache.kept.rows:
            cache_x = cat(cache.kept.view(1, x.width), cache_x)
        if cache_x.rows < CACHE_T:
            cache_x = cat(new(x.tape, x.dtype, 1, x.width, "zeros_like"), cache_x)
        x = causal_conv(part["time_conv"], x, cache.kept if cache.kept.rows else None)
        cache.keep(cache_x)
        x = operators.stack(*[x.view(x.rows, x.width // 2)] * 2)
    x = _upsampled(part, x)
    return x


@module
def _upsampled(part: Part, x: Array) -> Array:
    """nn.Sequential of Upsample and nn.Conv2d, frame by frame."""
    x = upsample(part["upsample"], x)
    x = conv2d(part["conv"], x)
    return x


@module
def upsample(part: Part, x: Array) -> Array:
    """Upsample.forward: each pixel becomes four, in float32."""
    x32 = x.float()
    wide = made("_upsample_nearest_exact2d", (x32,), x.rows, 4 * x.width, x32.dtype)
    return wide.to(x.dtype)


@module
def downsampling(part: Part, x: Array, cache: Cache) -> Array:
    """Resample.forward, downsample2d and downsample3d."""
    x = _downsampled(part, x)
    if "time_conv" in part and cache.current is None:
        cache.keep(x.like("clone"))
    elif "time_conv" in part:
        cache_x = x.view(1, x.width).like("clone")
        x = causal_conv(part["time_conv"], cat(cache.kept.view(1, x.width), x), padded=False)
        cache.keep(cache_x)
    return x


@module
def _downsampled(part: Part, x: Array) -> Array:
    """nn.Sequential of nn.ZeroPad2d and nn.Conv2d, frame by frame."""
    x = _zero_pad(part, x)
    x = conv2d(part["conv"], x)
    return x


@module
def _zero_pad(part: Part, x: Array) -> Array:
    """nn.ZeroPad2d of one row and one column."""
    shape = part["conv"].convolution
    _, height, width = shape.input_size
    padded = shape.in_channels * (height + 1) * (width + 1)
    return made("constant_pad_nd", (x,), x.rows, padded, x.dtype)


@module
def avg_down(part: Part, x: Array, like: Array, times: int, *, resized: bool) -> Array:
    """AvgDown3D.forward, to the size of `like`; `times` frames become one.

    Where only the number of channels changes, no copy puts in a row what becomes one.
    """
    x = made("constant_pad_nd", (x,), like.rows * times, x.width, x.dtype)
    if resized:
        x = x.like("clone")
    x = made("mean", (x,), like.rows, like.width, x.dtype)
    return x


@module
def dup_up(part: Part, x: Array, like: Array, times: int) -> Array:
    """DupUp3D.forward, to the size of `like`; one frame becomes `times`, of which the first may go."""
    x = made("clone", (x,), x.rows * times, like.width, x.dtype)
    x = x.like("clone")
    x = x.view(like.rows, like.width)
    return x
