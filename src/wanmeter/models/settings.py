"""`Settings`: what a family may use of a `Run`, without importing it."""

from typing import Protocol, TypeVar

from wanmeter.backends import LayerBackend
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.transformer_options import TransformerOptions
from wanmeter.models.workload import Workload

M = TypeVar("M", covariant=True)
"""The class of a family's models."""


class Settings(Protocol[M]):
    """A model and its components, a workload, the stages and the backend."""

    @property
    def model(self) -> M:
        """The model."""

    @property
    def transformer(self) -> TransformerOptions:
        """The transformer's options."""

    @property
    def text_encoder(self) -> TextEncoderSpec:
        """The text encoder."""

    @property
    def image_encoder(self) -> ImageEncoderSpec:
        """The image encoder, which only some models use."""

    @property
    def vae(self) -> VaeSpec:
        """The VAE."""

    @property
    def workload(self) -> Workload:
        """The workload."""

    @property
    def stages(self) -> tuple[str, ...] | None:
        """The stages to run; `None` means all that the model has."""

    @property
    def layer_impl(self) -> LayerBackend:
        """The supplier of the transformer's attention and MLP layers."""
