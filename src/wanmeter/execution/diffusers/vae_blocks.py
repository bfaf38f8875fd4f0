"""The VAE's blocks. A clip is an array of frames: [frames, samples x channels x height x width].

Source: diffusers models/autoencoders/autoencoder_kl_wan.py.
"""

from wanmeter.execution.array import Array, made
from wanmeter.execution.cache import Cache
from wanmeter.execution.causal_conv import cached_conv, causal_conv
from wanmeter.execution.diffusers.layers import activation, attention_core, convolution, is_one
from wanmeter.execution.dtype import BFLOAT16
from wanmeter.execution.part import Part, module


@module
def residual_block(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanResidualBlock.forward."""
    h = causal_conv(part["shortcut"], x) if "shortcut" in part else x
    x = rms_norm(part["norm1"], x)
    x = activation(part["act1"], x, "silu")
    x = cached_conv(part["conv1"], x, feat_cache)
    x = rms_norm(part["norm2"], x)
    x = activation(part["act2"], x, "silu")
    x = cached_conv(part["conv2"], x, feat_cache)
    return x + h


@module
def rms_norm(part: Part, x: Array) -> Array:
    """WanRMS_norm.forward: normalizes in float32."""
    (gamma,) = part.weights()
    wide = x.dtype is BFLOAT16
    normalized = _normalize(x.float() if wide else x, gamma.elements).to(x.dtype)
    return (normalized * 1.0).like("mul", gamma) + 0.0


def _normalize(x: Array, channels: int) -> Array:
    """F.normalize over the channels."""
    norm = made("linalg_vector_norm", (x,), x.rows, x.width // channels, x.dtype)
    norm = norm.like("clamp_min")
    return x.like("div", norm)


@module
def mid_block(part: Part, x: Array, feat_cache: Cache) -> Array:
    """WanMidBlock.forward."""
    x = residual_block(part["resnet_0"], x, feat_cache)
    x = attention_block(part["attention"], x)
    x = residual_block(part["resnet_1"], x, feat_cache)
    return x


@module
def attention_block(part: Part, x: Array) -> Array:
    """WanAttentionBlock.forward."""
    identity = x
    x = by_frame(x, part["to_qkv"])
    x = rms_norm(part["norm"], x)
    qkv = convolution(part["to_qkv"], x)
    qkv = qkv.like("clone")
    q, k, v = [qkv.view(qkv.rows, qkv.width // 3)] * 3
    x = attention_core(part["core"], q, k, v)
    x = convolution(part["proj"], x)
    return x + identity


def by_frame(x: Array, conv: Part) -> Array:
    """x.permute(0, 2, 1, 3, 4).reshape(...): a view, unless there are several samples and frames."""
    return x if is_one(x.rows) or is_one(conv.convolution.batch_size) else x.like("clone")
