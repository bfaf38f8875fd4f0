"""The exact, instant cost of running Wan2.1 video diffusion pipelines."""

from wanmeter.backends import (
    CrossAttentionSpec,
    LayerBackend,
    MlpSpec,
    SelfAttentionSpec,
    backend_names,
    get_backend,
)
from wanmeter.closed_form import Meter
from wanmeter.config import structure
from wanmeter.conventions import CONVENTIONS, VECTOR_OPS
from wanmeter.cost import StageCost
from wanmeter.errors import (
    BackendError,
    ClosedFormError,
    ConfigError,
    DocumentError,
    InvalidValueError,
    MeasurementError,
    MissingExtraError,
    OutputError,
    UnknownNameError,
    WanmeterError,
)
from wanmeter.layers import Child, Composite, Layer, Leaf, OperatorKind, StepScaled, walk
from wanmeter.metering import configure, meter
from wanmeter.model_dir import LoadedModel, load_model_dir
from wanmeter.report import Components, Provenance, Report, Row
from wanmeter.version import __version__
from wanmeter.wan import (
    ImageEncoderSpec,
    ModelSpec,
    TextEncoderSpec,
    TransformerOptions,
    VaeSpec,
    WanPipeline,
    Workload,
)
from wanmeter.wan.run import Run

__all__ = [
    "CONVENTIONS",
    "VECTOR_OPS",
    "BackendError",
    "Child",
    "ClosedFormError",
    "Components",
    "Composite",
    "ConfigError",
    "CrossAttentionSpec",
    "DocumentError",
    "ImageEncoderSpec",
    "InvalidValueError",
    "Layer",
    "LayerBackend",
    "Leaf",
    "LoadedModel",
    "MeasurementError",
    "Meter",
    "MissingExtraError",
    "MlpSpec",
    "ModelSpec",
    "OperatorKind",
    "OutputError",
    "Provenance",
    "Report",
    "Row",
    "Run",
    "SelfAttentionSpec",
    "StageCost",
    "StepScaled",
    "TextEncoderSpec",
    "TransformerOptions",
    "UnknownNameError",
    "VaeSpec",
    "WanPipeline",
    "WanmeterError",
    "Workload",
    "__version__",
    "backend_names",
    "configure",
    "get_backend",
    "load_model_dir",
    "meter",
    "structure",
    "walk",
]
