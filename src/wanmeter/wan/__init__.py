"""Wan2.1: workloads, models and their components, and the layers that make up a run."""

from wanmeter.wan.components import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.wan.pipeline import WanPipeline
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.supply import LayerSupply
from wanmeter.wan.workload import Workload

__all__ = [
    "ImageEncoderSpec",
    "LayerSupply",
    "ModelSpec",
    "TextEncoderSpec",
    "TransformerOptions",
    "VaeSpec",
    "WanPipeline",
    "Workload",
]
