"""`Family`: the interface of a family of models; `LoadedModel`: what its folders describe."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

from attrs import field, frozen

from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.geometry import Geometry
from wanmeter.models.official_run import OfficialRun
from wanmeter.models.pipeline import Stage
from wanmeter.models.settings import M, Settings
from wanmeter.models.transformer_options import TimeEmbedding
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


Layout = Callable[[Path], LoadedModel | None]
"""Reads the configuration files in a folder; `None` if it is of another family.

ConfigErrors name the file and the key.
"""


@frozen(kw_only=True)
class Family(Generic[M]):
    """A family of models. Wan2.1's is in `models/wan2_1`.

    Attributes:
        title: its name on pages.
        model: the class of its models.
        stages: the stages of its pipelines, by name, in execution order.
        geometry: how a model maps pixels to latents, and latents to tokens.
        vae: the VAE of a model for which none is chosen.
        default_workload: the packaged workload of a model for which none is chosen, by the model and the
            name that it was chosen by.
        presets: how the names of a model's own workloads begin.
        scheduled: a workload with the steps of each expert filled in, if the model has several.
        one_pass: a workload in which each transformer runs once, on one prompt.
        time_embedding: a model's time embeddings, `per_token` or `per_sample`, if it can have either.
        size_for_image: the width and height of a video that is made from an image of a width and height,
            if its area is at most this; `None` if the model is given no image.
        official_run: how the official program is run on a model.
        check: raises InvalidValueError if the parts of a run do not fit together.
        layouts: the readers of folders, by the file or folder that identifies each layout; the first found
            decides.
        reference: the real modules that costs are compared with; only `verify` loads them.
    """

    title: str
    model: type[M]
    stages: Mapping[str, Stage[M]]
    geometry: Callable[[M], Geometry]
    vae: Callable[[M], VaeSpec]
    default_workload: Callable[[M, str], str]
    presets: Callable[[M], str]
    scheduled: Callable[[M, Workload], Workload]
    one_pass: Callable[[M, Workload], Workload]
    time_embedding: Callable[[M], TimeEmbedding | None]
    size_for_image: Callable[[M, tuple[int, int], int], tuple[int, int] | None]
    official_run: Callable[[M], OfficialRun]
    check: Callable[[Settings[M]], None]
    layouts: Callable[[], Mapping[str, Layout]]
    reference: Callable[[], "Reference"]

    def stages_of(self, model: M, workload: Workload) -> dict[str, Stage[M]]:
        """The stages that a model's pipeline has for a workload, in execution order."""
        return {name: stage for name, stage in self.stages.items() if stage.exists(model, workload)}

    def components(self, model: M, stages: Collection[str]) -> set[str]:
        """The components that the cost of the given stages depends on."""
        chosen = [stage for name, stage in self.stages.items() if name in stages]
        return {name for stage in chosen for name in (stage.component, *stage.needs(model))}
