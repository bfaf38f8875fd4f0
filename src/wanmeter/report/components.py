"""`Components`: the specs of the components that a report depends on."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from attrs import evolve, fields, frozen

from wanmeter.backends.registry import BUILT_IN
from wanmeter.layers import Tensor, walk
from wanmeter.models import (
    COMPONENTS,
    AnyModel,
    ImageEncoderSpec,
    Run,
    TextEncoderSpec,
    TransformerOptions,
    VaeSpec,
)
from wanmeter.models.element_sizes import Component, resolved
from wanmeter.models.registry import family_of


@frozen(kw_only=True)
class Components:
    """Specs of the pipeline's components; `None` for those that no costed stage depends on."""

    text_encoder: TextEncoderSpec | None = None
    image_encoder: ImageEncoderSpec | None = None
    transformer: TransformerOptions | None = None
    vae: VaeSpec | None = None

    @classmethod
    def of(cls, run: Run, stages: Iterable[str]) -> "Components":
        """The components that the `stages` of a run depend on."""
        present = present_components(run.model, tuple(stages))
        return cls(**{name: as_built(run, name) for name in present})

    def __iter__(self) -> Iterator[tuple[str, Component]]:
        """Yield each component that is not `None`, with its name."""
        for attribute in fields(Components):
            spec = getattr(self, attribute.name)
            if spec is not None:
                yield attribute.name, spec


def as_built(run: Run, name: str) -> Any:
    """A component with the element sizes that its layers have; `None` where these differ."""
    spec = resolved(getattr(run, name))
    if name == "transformer" and spec.time_embedding is None:
        spec = evolve(spec, time_embedding=run.family.time_embedding(run.model))
    if name != "transformer" or run.layer_impl in BUILT_IN:
        return spec  # its layers have the configured sizes
    stages = run.family.stages_of(run.model, run.workload).values()
    layers = [
        layer
        for stage in stages
        if stage.component == name
        for layer in stage.layers(run, run.workload)
    ]
    visits = [visit for layer in layers for visit in walk(layer)]
    operators = [operator for visit in visits for operator, _ in visit.invocations]
    return evolve(
        spec,
        bits=_common(tensor for operator in operators for tensor in operator.outputs),
        weight_bits=_common(tensor for operator in operators for tensor in operator.weights),
    )


def _common(tensors: Iterable[Tensor]) -> int | None:
    """The element size of all tensors; `None` if they have several."""
    sizes = {tensor.bits for tensor in tensors}
    return sizes.pop() if len(sizes) == 1 else None


def present_components(model: AnyModel, stages: Collection[str]) -> tuple[str, ...]:
    """The names of the components that the `stages` of a model depend on, in order."""
    present = family_of(model).components(model, stages)
    return tuple(name for name in COMPONENTS if name in present)
