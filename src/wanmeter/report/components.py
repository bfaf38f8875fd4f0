"""`Components`: how the parts of a pipeline that a cost depends on were read."""

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
from wanmeter.models.element_sizes import resolved
from wanmeter.models.registry import family_of

Component = TextEncoderSpec | ImageEncoderSpec | TransformerOptions | VaeSpec


@frozen(kw_only=True)
class Components:
    """The parts of a pipeline; `None` is one that nothing in the report depends on."""

    text_encoder: TextEncoderSpec | None = None
    image_encoder: ImageEncoderSpec | None = None
    transformer: TransformerOptions | None = None
    vae: VaeSpec | None = None

    @classmethod
    def of(cls, run: Run, stages: Iterable[str]) -> "Components":
        """Those that the `stages` of a run depend on."""
        present = present_components(run.model, tuple(stages))
        return cls(**{name: resolved(getattr(run, name)) for name in present})

    def __iter__(self) -> Iterator[tuple[str, Component]]:
        """The components that are there, by name."""
        for attribute in fields(Components):
            spec = getattr(self, attribute.name)
            if spec is not None:
                yield attribute.name, spec


def present_components(model: ModelSpec, stages: Collection[str]) -> tuple[str, ...]:
    """The names of the components that the `stages` of a model depend on, in order."""
    present = family_of(model).components(model, stages)
    return tuple(name for name in COMPONENTS if name in present)
