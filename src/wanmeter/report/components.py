"""`Components`: how the parts of a pipeline that a cost depends on were read."""

from collections.abc import Collection, Iterable, Iterator

from attrs import AttrsInstance, fields, frozen

from wanmeter.wan.components import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.wan.run import Run
from wanmeter.wan.specs import ModelSpec, TransformerOptions


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
        return cls(**{name: getattr(run, name) for name in present})

    def __iter__(self) -> Iterator[tuple[str, AttrsInstance]]:
        """The components that are there, by name."""
        for attribute in fields(Components):
            spec = getattr(self, attribute.name)
            if spec is not None:
                yield attribute.name, spec


def present_components(model: ModelSpec, stages: Collection[str]) -> tuple[str, ...]:
    """The names of the components that the `stages` of a model depend on."""
    # The transformer attends to the image encoder's tokens.
    sees_images = model.num_images > 0 and "transformer" in stages
    matters = {
        "text_encoder": "text_encoder" in stages,
        "image_encoder": "image_encoder" in stages or sees_images,
        "transformer": "transformer" in stages,
        "vae": "vae_encode" in stages or "vae_decode" in stages,
    }
    return tuple(name for name, present in matters.items() if present)
