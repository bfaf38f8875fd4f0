"""Model-agnostic layers: the layer tree, leaves, composites and decorators."""

from wanmeter.conventions import OperatorKind
from wanmeter.layers.attention import CrossAttention, SelfAttention
from wanmeter.layers.attention_core import AttentionCore, KVCache
from wanmeter.layers.base import Child, Layer, Leaf
from wanmeter.layers.conv import Conv3d
from wanmeter.layers.decorators import Decorator, MapOperators, Passes, StepScaled, idle
from wanmeter.layers.elementwise import (
    Activation,
    ModulationTable,
    Pointwise,
    Rearrange,
    ResidualAdd,
)
from wanmeter.layers.embedding import (
    PositionEmbedding,
    RelativePositionBias,
    SinusoidalEmbedding,
    TokenEmbedding,
)
from wanmeter.layers.forward import Composite, Forward, Step
from wanmeter.layers.linear import Linear
from wanmeter.layers.mlp import Mlp
from wanmeter.layers.norm import LayerNorm, RMSNorm
from wanmeter.layers.operator import Invocation, Operator, Tensor
from wanmeter.layers.precision import Precision
from wanmeter.layers.primitives import Primitives
from wanmeter.layers.resampling import CausalConv3d, FrameCache, Resize, Upsample
from wanmeter.layers.rotary import RotaryEmbedding, RotaryTable
from wanmeter.layers.shapes import AttentionShape, ConvolutionShape, MatmulShape
from wanmeter.layers.walk import Visit, walk

__all__ = [
    "Activation",
    "AttentionCore",
    "AttentionShape",
    "CausalConv3d",
    "Child",
    "Composite",
    "Conv3d",
    "ConvolutionShape",
    "CrossAttention",
    "Decorator",
    "Forward",
    "FrameCache",
    "Invocation",
    "KVCache",
    "Layer",
    "LayerNorm",
    "Leaf",
    "Linear",
    "MapOperators",
    "MatmulShape",
    "Mlp",
    "ModulationTable",
    "Operator",
    "OperatorKind",
    "Passes",
    "Pointwise",
    "PositionEmbedding",
    "Precision",
    "Primitives",
    "RMSNorm",
    "Rearrange",
    "RelativePositionBias",
    "ResidualAdd",
    "Resize",
    "RotaryEmbedding",
    "RotaryTable",
    "SelfAttention",
    "SinusoidalEmbedding",
    "Step",
    "StepScaled",
    "Tensor",
    "TokenEmbedding",
    "Upsample",
    "Visit",
    "idle",
    "walk",
]
