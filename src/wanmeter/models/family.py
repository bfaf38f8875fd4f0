"""`Family`: the interface of a family of models; `LoadedModel`: what its folders describe."""

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
    """A model and its components, as its folder describes them; `meter` accepts it as a model.

    `assumed` is what the folder leaves open, in words; it becomes part of the model's name.
    """

    model: Any
    text_encoder: TextEncoderSpec = field(factory=TextEncoderSpec)
    image_encoder: ImageEncoderSpec = field(factory=ImageEncoderSpec)
    vae: VaeSpec = field(factory=VaeSpec)
    assumed: tuple[str, ...] = ()


Layout = Callable[[Path], LoadedModel]
"""Reads the configuration files in a folder; ConfigErrors name the file and the key."""


@frozen(kw_only=True)
class Family(Generic[M]):
    """A family of models. Wan2.1's is in `models/wan2_1`.

    Attributes:
        title: its name on pages.
        model: the class of its models.
        stages: the stages of a model's pipeline, in execution order.
        component_of: the component that each stage runs.
        components: those that the given stages need; a transformer may need the image encoder, say.
        geometry: how a model maps pixels to latents, and latents to tokens.
        check: raises InvalidValueError if the parts of a run do not fit together.
        pipeline: the layer tree of a run at a workload, which may be symbolic.
        modelled: what the cost of each stage covers, in words.
        layouts: the readers of folders, by the file that identifies each layout; the first file found decides.
        reference: the real modules that costs are compared with; only `verify` loads them.
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
