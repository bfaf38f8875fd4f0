"""Layers under CUDA autocast: it casts their arguments each time, and the copies live as long as the call.

Autocast keeps the casts of parameters that require gradients; these do not.

Source: PyTorch aten/src/ATen/autocast_mode.cpp.
"""

from wanmeter.execution import operators
from wanmeter.execution.array import Array
from wanmeter.execution.dtype import BFLOAT16, FLOAT32, DType
from wanmeter.execution.part import Part, module


def cast(dtype: DType, *arrays: Array) -> list[Array]:
    """Arguments in autocast's type, the last cast first."""
    return [each.to(dtype) for each in reversed(arrays)][::-1]


@module
def linear(part: Part, x: Array, dtype: DType = BFLOAT16) -> Array:
    """nn.Linear."""
    return operators.linear(part, *cast(dtype, x, *part.weights()))


@module
def convolution(part: Part, x: Array, dtype: DType = BFLOAT16) -> Array:
    """nn.Conv2d and nn.Conv3d."""
    return operators.convolution(part, *cast(dtype, x, *part.weights()))


@module
def layer_norm(part: Part, x: Array) -> Array:
    """WanLayerNorm: the norm in float32, the result in the input's type."""
    return operators.layer_norm(*cast(FLOAT32, x.float(), *part.weights())).to(x.dtype)


@module
def plain_layer_norm(part: Part, x: Array) -> Array:
    """nn.LayerNorm: in float32, and so is the result."""
    return operators.layer_norm(*cast(FLOAT32, x, *part.weights()))


@module
def rms_norm(part: Part, x: Array) -> Array:
    """WanRMSNorm: the norm in float32, the result in the wider type of input and weight."""
    (weight,) = part.weights()
    return _norm(x.float()).to(x.dtype) * weight


def _norm(x: Array) -> Array:
    return x * (operators.mean(x.like("pow")) + 1e-6).like("rsqrt")
