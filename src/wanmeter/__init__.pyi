from . import backends, errors, layers, report, verify, wan
from .backends import (
    CrossAttentionSpec,
    LayerBackend,
    MlpSpec,
    SelfAttentionSpec,
    backend_names,
    get_backend,
)
from .closed_form import Meter
from .closed_form.sweeps import sweep
from .config import structure
from .conventions import CONVENTIONS, VECTOR_OPS
from .cost import StageCost
from .errors import (
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
from .layers import Child, Composite, Layer, Leaf, OperatorKind, StepScaled, walk
from .metering import configure, meter
from .model_dir import LoadedModel, load_model_dir
from .report import Components, Provenance, Report, Row
from .version import __version__
from .wan import (
    ImageEncoderSpec,
    ModelSpec,
    TextEncoderSpec,
    TransformerOptions,
    VaeSpec,
    WanPipeline,
    Workload,
)
from .wan.run import Run

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
    "backends",
    "configure",
    "errors",
    "get_backend",
    "layers",
    "load_model_dir",
    "meter",
    "report",
    "structure",
    "sweep",
    "verify",
    "walk",
    "wan",
]
