"""`Settings`: what a family may use of a `Run`, without importing it."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from attrs import field, frozen

from wanmeter.backends import LayerBackend, get_backend
from wanmeter.errors import InvalidValueError
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.transformer_options import TransformerOptions
from wanmeter.models.workload import Workload
from wanmeter.validators import instance_of

M = TypeVar("M")
"""The class of a family's models."""


def _stages(stages: Sequence[str] | None) -> tuple[str, ...] | None:
    if stages is None:
        return None
    names = isinstance(stages, list | tuple) and all(type(stage) is str for stage in stages)
    if not names or not stages:
        raise InvalidValueError("stages", stages, "a list of stages, by name")
    return tuple(stages)


@frozen(kw_only=True)
class Settings(Generic[M]):
    """A model and its components, a workload, and the backend that supplies the transformer's layers.

    `stages` restricts the run to some of the pipeline's stages; `None` means all of them.
    """

    model: M
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
