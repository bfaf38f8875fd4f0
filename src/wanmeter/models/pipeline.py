"""`Stage`: a stage of a family's pipelines; `Pipeline`: the stages of a run, in execution order."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, final

from attrs import frozen

from wanmeter.layers import Composite, Forward, Layer, Step
from wanmeter.models.settings import M, Settings
from wanmeter.models.workload import Workload


@frozen(kw_only=True)
class Stage(Generic[M]):
    """A stage of a family's pipelines.

    Attributes:
        component: the component that it runs.
        layers: its layers at a workload, which may be symbolic.
        modelled: what its cost covers, in words.
        exists: whether a model has it, for a workload.
        needs: further components that its cost depends on; a transformer may need the image encoder, say.
    """

    component: str
    layers: Callable[[Settings[M], Workload], Sequence[Layer]]
    modelled: Callable[[Settings[M]], str]
    exists: Callable[[M, Workload], bool] = lambda _, __: True
    needs: Callable[[M], Collection[str]] = lambda _: ()


@final
@frozen(kw_only=True)
class Pipeline(Composite):
    """The stages of a run. `stages` are those of its model; `workload` replaces that of `settings`."""

    stages: Mapping[str, Stage[Any]]
    settings: Settings[Any]
    workload: Workload

    @cached_property
    def forward(self) -> Forward:
        """The chosen stages."""
        chosen = self.settings.stages or self.stages
        return Forward(
            steps=[
                Step(name, layer)
                for name, stage in self.stages.items()
                if name in chosen
                for layer in stage.layers(self.settings, self.workload)
            ]
        )
