"""The layers of a transformer's blocks: the backend's, and a factory for all others."""

from functools import cached_property
from math import prod
from typing import Any

from attrs import frozen

from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.layers import Layer, Precision, Primitives, Tensor
from wanmeter.models.element_sizes import precision_of
from wanmeter.models.geometry import LatentGrid
from wanmeter.models.transformer_options import TransformerOptions
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.models.workload import Workload


@frozen(kw_only=True)
class LayerFactory:
    """Makes the layers of one transformer for one forward pass of a workload.

    `grid` is the latent video to denoise, reference images included; `image_tokens` is the number of
    tokens of all images that the transformer attends to. With `time_per_token`, each token has a time
    embedding of its own, as in Wan2.2.
    """

    model: ModelSpec
    options: TransformerOptions
    workload: Workload
    backend: LayerBackend
    grid: LatentGrid
    image_tokens: int = 0
    time_per_token: bool = False

    @property
    def tokens(self) -> int:
        """Video tokens per sample."""
        return self.grid.tokens

    @property
    def time_tokens(self) -> int:
        """Time embeddings per sample."""
        return self.tokens if self.time_per_token else 1

    @property
    def patch_elements(self) -> int:
        """Elements of noise predicted per token."""
        return prod(self.grid.patch_size) * self.model.out_dim

    @cached_property
    def precision(self) -> Precision:
        """The transformer's element sizes."""
        return precision_of(self.options)

    @cached_property
    def make(self) -> Primitives:
        """The factory for layers that the backend does not supply."""
        return Primitives(batch_size=self.workload.batch_size, precision=self.precision)

    @property
    def rotary_table(self) -> Tensor:
        """The rotary table [tokens, head_dim], which all samples share."""
        return Tensor(self.tokens * self.model.head_dim, self.precision.bits)

    def self_attention(self) -> Layer:
        """Self-attention over the video tokens."""
        return self.backend.supply(SelfAttentionSpec(**self._shape, **self._heads))

    def cross_attention(self) -> Layer:
        """Cross-attention from the video tokens to the text, and to images if there are any."""
        context: dict[str, Any] = {
            "context_tokens": self.workload.text_len,
            "image_tokens": self.image_tokens,
        }
        return self.backend.supply(CrossAttentionSpec(**context, **self._shape, **self._heads))

    def mlp(self) -> Layer:
        """The feed-forward network on the video tokens."""
        hidden: dict[str, Any] = {"ffn_dim": self.model.ffn_dim, "act_fn": self.options.act_fn}
        return self.backend.supply(MlpSpec(**hidden, **self._shape))

    @property
    def _shape(self) -> dict[str, Any]:
        return {
            "batch_size": self.workload.batch_size,
            "tokens": self.tokens,
            "dim": self.model.dim,
            "precision": self.precision,
        }

    @property
    def _heads(self) -> dict[str, Any]:
        return {"num_heads": self.model.num_heads, "qk_norm": self.options.qk_norm}
