"""`Run`: everything that a cost depends on."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import field, fields, frozen

from wanmeter.backends import LayerBackend, get_backend
from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.layers import Layer
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.family import Family
from wanmeter.models.geometry import Geometry
from wanmeter.models.registry import ModelSpec, family_of
from wanmeter.models.transformer_options import TransformerOptions
from wanmeter.models.workload import Workload
from wanmeter.validators import instance_of

if TYPE_CHECKING:
    from wanmeter.models.reference import Reference


def _stages(stages: Sequence[str] | None) -> tuple[str, ...] | None:
    if stages is None:
        return None
    names = isinstance(stages, list | tuple) and all(type(stage) is str for stage in stages)
    if not names or not stages:
        raise InvalidValueError("stages", stages, "a list of stages, by name")
    return tuple(stages)


def _of_a_family(_: object, __: object, model: Any) -> None:
    family_of(model)


@frozen(kw_only=True)
class Run:
    """A model and its components, a workload, and the backend that supplies the transformer's layers.

    `stages` restricts the run to some of the pipeline's stages; `None` means all of them.

    Raises:
        UnknownNameError: `layer_impl` is not a known backend, or the model has no such stage.
        InvalidValueError: the model cannot run the workload, or the components do not fit together.
    """

    model: ModelSpec = field(validator=_of_a_family)
    text_encoder: TextEncoderSpec = field(
        factory=TextEncoderSpec, validator=instance_of(TextEncoderSpec)
    )
    image_encoder: ImageEncoderSpec = field(
        factory=ImageEncoderSpec, validator=instance_of(ImageEncoderSpec)
    )
    transformer: TransformerOptions = field(
        factory=TransformerOptions, validator=instance_of(TransformerOptions)
    )
    vae: VaeSpec = field(factory=VaeSpec, validator=instance_of(VaeSpec))
    workload: Workload = field(validator=instance_of(Workload))
    stages: tuple[str, ...] | None = field(default=None, converter=_stages)
    layer_impl: LayerBackend = field(converter=get_backend)

    def __attrs_post_init__(self) -> None:
        """Refuse parts that do not fit together, and unknown stages."""
        self.family.check(self)
        known = self.family.stages(self.model)
        for stage in self.stages or ():
            if stage not in known:
                raise UnknownNameError(f"stage of {self.model.name}", stage, known)

    @property
    def family(self) -> Family[Any]:
        """The family of the model."""
        return family_of(self.model)

    def component(self, stage: str) -> str:
        """The name of the component that a stage runs."""
        return self.family.component_of[stage]

    @property
    def reference(self) -> "Reference":
        """The real modules that the costs are compared with."""
        return self.family.reference()

    @property
    def geometry(self) -> Geometry:
        """How the model maps pixels to latents, and latents to tokens."""
        return self.family.geometry(self.model)

    def pipeline(self, workload: Workload | None = None) -> Layer:
        """The run's layer tree, at its own workload or at another, which may be symbolic."""
        return self.family.pipeline(self, workload or self.workload)


SECTIONS: Mapping[str, type] = MappingProxyType(
    {
        each.name: each.type
        for each in fields(Run)
        if each.type is not None and hasattr(each.type, "SECTION")
    }
)
"""The sections of a run's configuration, and the class of each."""

COMPONENTS = tuple(name for name in SECTIONS if name not in ("model", "workload"))
"""Names of the components: all sections except model and workload."""
