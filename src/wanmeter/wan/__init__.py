"""Wan2.1: workloads, models, and the layers that make up a run."""

from wanmeter.wan.pipeline import WanPipeline
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.supply import LayerSupply
from wanmeter.wan.workload import Workload

__all__ = ["LayerSupply", "ModelSpec", "TransformerOptions", "WanPipeline", "Workload"]
