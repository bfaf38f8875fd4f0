"""The blocks of the official program's VAEs, in the type of their weights.

Each function stands for the forward pass of its name in Wan2.1 wan/modules/vae.py and Wan2.2
wan/modules/vae2_2.py, line by line. A clip is an array of frames: [frames, channels x height x width].
"""

from wanmeter.execution import operators
from wanmeter.execution.array import Array, made
from wanmeter.execution.cache import Cache
from wanmeter.execution.causal_conv import cached_conv, causal_conv
from wanmeter.execution.part import Part, module


@module
def residual_block(part: Part, x: Array, cache: Cache) -> Array:
    """ResidualBlock.forward."""
    h = causal_conv(part["shortcut"], x) if "shortcut" in part else x
    x = rms_norm(part["norm1"], x)
    x = silu(part["act1"], x)
    x = cached_conv(part["conv1"], x, cache)
    x = rms_norm(part["norm2"], x)
    x = silu(part["act2"], x)
    x = cached_conv(part["conv2"], x, cache)
    return x + h


@module
def rms_norm(part: Part, x: Array) -> Array:
    """RMS_norm.forward."""
    (gamma,) = part.weights()
    return (_normalized(x, gamma.elements) * 1.0).like("mul", gamma) + 0.0


def _normalized(x: Array, channels: int) -> Array:
    """F.normalize over the channels."""
    norm = made("linalg_vector_norm", (x,), x.rows, x.width // channels, x.dtype)
    norm = norm.like("clamp_min")
    return x.like("div", norm)


@module
def silu(part: Part, x: Array) -> Array:
    """nn.SiLU."""
    return x.like("silu")


@module
def attention_block(part: Part, x: Array) -> Array:
    """AttentionBlock.forward."""
    identity = x
    x = rms_norm(part["norm"], x)
    qkv = conv2d(part["to_qkv"], x).like("clone")
    q, k, v = [qkv.view(qkv.rows, qkv.width // 3)] * 3
    x = operators.efficient_attention(part["core"], q, k, v)
    x = conv2d(part["proj"], x)
    return x + identity


@module
def conv2d(part: Part, x: Array) -> Array:
    """nn.Conv2d, frame by frame."""
    return operators.convolution(part, x, *part.weights())
