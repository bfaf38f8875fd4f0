"""The causal convolution of the VAEs, which is the same code in both programs.

A clip is an array of frames: [frames, samples x channels x height x width], with the samples of one call.

Source: Wan2.1 wan/modules/vae.py and Wan2.2 wan/modules/vae2_2.py, CausalConv3d; diffusers
models/autoencoders/autoencoder_kl_wan.py, WanCausalConv3d.
"""

from wanmeter.execution import operators
from wanmeter.execution.array import Array, made
from wanmeter.execution.cache import CACHE_T, Cache, last_frames
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module


def cached_conv(conv: Part, x: Array, feat_cache: Cache) -> Array:
    """A convolution that sees the last frames of the chunk before, and keeps this chunk's."""
    kept = feat_cache.current
    cache_x = last_frames(x)
    if cache_x.rows < CACHE_T and kept is not None:
        cache_x = cat(kept.view(1, kept.width), cache_x)
    x = causal_conv(conv, x, kept)
    feat_cache.keep(cache_x)
    return x


@module
def causal_conv(
    part: Part, x: Array, cache_x: Array | None = None, *, padded: bool = True
) -> Array:
    """The forward pass. Without padding, F.pad still copies."""
    shape = part.convolution
    past, rows, columns = [(size - 1) * padded for size in shape.kernel_size]
    if cache_x is not None and past:
        x = cat(cache_x, x)
        past = past - cache_x.rows
    _, height, width = shape.input_size
    samples = shape.batch_size // part.samples  # of one call
    frame = samples * shape.in_channels * (height + rows) * (width + columns)
    x = made("constant_pad_nd", (x,), x.rows + past, frame, x.dtype)
    return operators.convolution(part, x, *part.weights())
