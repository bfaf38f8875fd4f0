"""Model-agnostic layers: the tree, the primitives and what is composed from them."""

from wanmeter.layers.attention import CrossAttention, SelfAttention
from wanmeter.layers.attention_core import AttentionCore, KVCache
from wanmeter.layers.base import Child, Composite, Decorator, Layer, Leaf, OperatorKind
from wanmeter.layers.conv import Conv3d
from wanmeter.layers.dataflow import Step, dataflow
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
from wanmeter.layers.idle import Idle
from wanmeter.layers.linear import Linear
from wanmeter.layers.mlp import Mlp
from wanmeter.layers.norm import LayerNorm, RMSNorm
from wanmeter.layers.operator import operator_cost
from wanmeter.layers.passes import Passes, in_turn, passes
from wanmeter.layers.primitives import Primitives
from wanmeter.layers.resampling import CausalConv3d, FrameCache, Upsample
from wanmeter.layers.rotary import RotaryEmbedding, RotaryTable
from wanmeter.layers.step_scaled import StepScaled
from wanmeter.layers.walk import Visit, walk

__all__ = [
    "Activation",
    "AttentionCore",
    "CausalConv3d",
    "Child",
    "Composite",
    "Conv3d",
    "CrossAttention",
    "Decorator",
    "FrameCache",
    "Idle",
    "KVCache",
    "Layer",
    "LayerNorm",
    "Leaf",
    "Linear",
    "Mlp",
    "ModulationTable",
    "OperatorKind",
    "Passes",
    "Pointwise",
    "PositionEmbedding",
    "Primitives",
    "RMSNorm",
    "Rearrange",
    "RelativePositionBias",
    "ResidualAdd",
    "RotaryEmbedding",
    "RotaryTable",
    "SelfAttention",
    "SinusoidalEmbedding",
    "Step",
    "StepScaled",
    "TokenEmbedding",
    "Upsample",
    "Visit",
    "dataflow",
    "in_turn",
    "operator_cost",
    "passes",
    "walk",
]
