"""`Run`: everything that a cost depends on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import fields, frozen

from wanmeter.errors import UnknownNameError
from wanmeter.layers import Layer
from wanmeter.models.family import Family
from wanmeter.models.geometry import Geometry
from wanmeter.models.pipeline import Pipeline
from wanmeter.models.registry import AnyModel, ModelSpec, family_of
from wanmeter.models.settings import Settings
from wanmeter.models.workload import Workload

if TYPE_CHECKING:
    from wanmeter.models.reference import Reference


@frozen(kw_only=True)
class Run(Settings[AnyModel]):
    """A model and its components, a workload and a backend, which fit together.

    `stages` restricts the run to some of the pipeline's stages; `None` means all of them.

    Raises:
        UnknownNameError: `layer_impl` is not a known backend, or the model has no such stage.
        InvalidValueError: the model is of no family or cannot run the workload, or the components do not
            fit together.
    """

    def __attrs_post_init__(self) -> None:
        """Refuse parts that do not fit together, and unknown stages."""
        self.family.check(self)
        known = tuple(self.family.stages_of(self.model, self.workload))
        for stage in self.stages or ():
            if stage not in known:
                raise UnknownNameError(f"stage of {self.model.name}", stage, known)

    @property
    def family(self) -> Family[Any]:
        """The family of the model."""
        return family_of(self.model)

    def component(self, stage: str) -> str:
        """The name of the component that a stage runs."""
        return self.family.stages[stage].component

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
        workload = workload or self.workload
        stages = self.family.stages_of(self.model, workload)
        return Pipeline(stages=stages, settings=self, workload=workload)

    @property
    def has_own_vae(self) -> bool:
        """Whether the VAE is the model's own."""
        return bool(self.vae == self.family.vae(self.model))

    def scheduled(self, workload: Workload) -> Workload:
        """A workload with the steps of each expert filled in, if the model has several."""
        return self.family.scheduled(self.model, workload)


SECTIONS: Mapping[str, type] = MappingProxyType(
    {
        "model": ModelSpec,
        **{
            each.name: each.type
            for each in fields(Run)
            if each.type is not None and hasattr(each.type, "SECTION")
        },
    }
)
"""The sections of a run's configuration, and the class of each."""

COMPONENTS = tuple(name for name in SECTIONS if name not in ("model", "workload"))
"""Names of the components: all sections except model and workload."""
