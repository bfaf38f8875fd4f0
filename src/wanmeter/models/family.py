"""`Family`: what is particular to a family of models, behind one interface; and what its folders give."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

from attrs import field, frozen

from wanmeter.layers import Layer
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.geometry import Geometry
from wanmeter.models.settings import M, Settings
from wanmeter.models.workload import Workload

if TYPE_CHECKING:
    from wanmeter.models.reference import Reference


@frozen(kw_only=True)
class LoadedModel:
    """A model and its components, as its folder describes them; `meter` takes it for a model.

    `assumed` is what the folder leaves open, in words; it becomes part of the model's name.
    """

    model: Any
    text_encoder: TextEncoderSpec = field(factory=TextEncoderSpec)
    image_encoder: ImageEncoderSpec = field(factory=ImageEncoderSpec)
    vae: VaeSpec = field(factory=VaeSpec)
    assumed: tuple[str, ...] = ()


Layout = Callable[[Path], LoadedModel]
"""Reads the configuration files in a folder; raises ConfigError by file and key."""


@frozen(kw_only=True)
class Family(Generic[M]):
    """A family of models: Wan2.1's is `models/wan2_1`, and says what each of these is.

    Attributes:
        title: its name on pages.
        model: the class of its models.
        stages: the stages that a model's pipeline has, in execution order.
        component_of: the component that each stage runs.
        components: those that some stages of a model depend on: a transformer on its images' encoder, say.
        geometry: how a model makes latents of pixels, and tokens of latents.
        check: refuses a run that does not fit together, by InvalidValueError.
        pipeline: the tree of layers of a run, at its own workload or at one that answers as one.
        modelled: what the cost of each stage of a run covers, in words.
        layouts: gives readers of folders, by the file that each layout is known by; the first that is there counts.
        reference: gives the real modules that costs are compared with; only `verify` loads them.
    """

    title: str
    model: type[M]
    stages: Callable[[M], tuple[str, ...]]
    component_of: Mapping[str, str]
    components: Callable[[M, Collection[str]], Collection[str]]
    geometry: Callable[[M], Geometry]
    check: Callable[[Settings[M]], None]
    pipeline: Callable[[Settings[M], Workload], Layer]
    modelled: Callable[[Settings[M]], Mapping[str, str]]
    layouts: Callable[[], Mapping[str, Layout]]
    reference: Callable[[], "Reference"]
