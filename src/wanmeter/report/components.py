"""`Components`: the specs of the components that a report depends on."""

from collections.abc import Collection, Iterable, Iterator

from attrs import fields, frozen

from wanmeter.models import (
    COMPONENTS,
    ImageEncoderSpec,
    ModelSpec,
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
        return cls(**{name: resolved(getattr(run, name)) for name in present})

    def __iter__(self) -> Iterator[tuple[str, Component]]:
        """Yield each component that is not `None`, with its name."""
        for attribute in fields(Components):
            spec = getattr(self, attribute.name)
            if spec is not None:
                yield attribute.name, spec


def present_components(model: ModelSpec, stages: Collection[str]) -> tuple[str, ...]:
    """The names of the components that the `stages` of a model depend on, in order."""
    present = family_of(model).components(model, stages)
    return tuple(name for name in COMPONENTS if name in present)
