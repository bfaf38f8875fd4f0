"""Models: runs, the components that families share, and one folder per family."""

from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.family import Family, LoadedModel
from wanmeter.models.geometry import Geometry, LatentGrid
from wanmeter.models.registry import FAMILIES, AnyModel, ModelSpec, Wan22Spec
from wanmeter.models.run import COMPONENTS, SECTIONS, Run
from wanmeter.models.transformer_options import TransformerOptions
from wanmeter.models.workload import Workload

__all__ = [
    "COMPONENTS",
    "FAMILIES",
    "SECTIONS",
    "AnyModel",
    "Family",
    "Geometry",
    "ImageEncoderSpec",
    "LatentGrid",
    "LoadedModel",
    "ModelSpec",
    "Run",
    "TextEncoderSpec",
    "TransformerOptions",
    "VaeSpec",
    "Wan22Spec",
    "Workload",
]
