"""`Settings`: what a family is told of a run, so that it need not know `Run`."""

from typing import Protocol, TypeVar

from wanmeter.backends import LayerBackend
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.transformer_options import TransformerOptions
from wanmeter.models.workload import Workload

M = TypeVar("M", covariant=True)
"""The class of a family's models."""


class Settings(Protocol[M]):
    """A model and its components, a workload, the stages (`None` is all), and the backend."""

    @property
    def model(self) -> M:
        """The model."""

    @property
    def transformer(self) -> TransformerOptions:
        """How the transformer is read."""

    @property
    def text_encoder(self) -> TextEncoderSpec:
        """The text encoder."""

    @property
    def image_encoder(self) -> ImageEncoderSpec:
        """The image encoder, where the model has one."""

    @property
    def vae(self) -> VaeSpec:
        """The VAE."""

    @property
    def workload(self) -> Workload:
        """What is asked of the model."""

    @property
    def stages(self) -> tuple[str, ...] | None:
        """The stages that are run; `None` is all that the model has."""

    @property
    def layer_impl(self) -> LayerBackend:
        """The supplier of the transformer's attention and MLP layers."""
