"""What a transformer's blocks are built from: the backend's layers and the primitives between them."""

from typing import Any

from attrs import frozen

from wanmeter.arithmetic import tensor_bytes
from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.layers import Layer, Primitives
from wanmeter.wan.geometry import LatentGrid
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.workload import Workload


@frozen(kw_only=True)
class LayerSupply:
    """Layers for one transformer: `backend`'s attention and MLP, for all of a workload's passes.

    `image_tokens` are the tokens of all images that the transformer attends to.
    """

    model: ModelSpec
    options: TransformerOptions
    workload: Workload
    backend: LayerBackend
    image_tokens: int = 0

    @property
    def grid(self) -> LatentGrid:
        """The latent video that is denoised, reference images included, and its tokens."""
        return LatentGrid.of(self.workload).with_references(self.workload.num_reference_images)

    @property
    def tokens(self) -> int:
        """Video tokens of one sample."""
        return self.grid.tokens

    @property
    def steps(self) -> int:
        """Forward passes that every layer covers."""
        return self.workload.forward_passes

    @property
    def primitives(self) -> Primitives:
        """The factory for everything that no backend supplies."""
        return Primitives(
            batch_size=self.workload.batch_size,
            bits=self.options.bits,
            weight_bits=self.options.weight_bits,
        )

    @property
    def rotary_table_bytes(self) -> int:
        """Bytes of the rotary table [tokens, head_dim], which all samples share."""
        return tensor_bytes(self.tokens * self.model.head_dim, self.options.bits)

    def self_attention(self) -> Layer:
        """Self-attention over the video tokens."""
        spec = SelfAttentionSpec(**self._shape, **self._heads)
        return self.backend.supply_self_attention(spec, self.steps)

    def cross_attention(self) -> Layer:
        """Cross-attention from the video tokens to the text, and to images where there are any."""
        spec = CrossAttentionSpec(
            context_tokens=self.workload.text_len,
            image_tokens=self.image_tokens,
            **self._shape,
            **self._heads,
        )
        return self.backend.supply_cross_attention(spec, self.steps)

    def mlp(self) -> Layer:
        """The feed-forward network on the video tokens."""
        spec = MlpSpec(ffn_dim=self.model.ffn_dim, act_fn=self.options.act_fn, **self._shape)
        return self.backend.supply_mlp(spec, self.steps)

    @property
    def _shape(self) -> dict[str, Any]:
        return {
            "batch_size": self.workload.batch_size,
            "tokens": self.tokens,
            "dim": self.model.dim,
            "bits": self.options.bits,
            "weight_bits": self.options.weight_bits,
        }

    @property
    def _heads(self) -> dict[str, Any]:
        return {"num_heads": self.model.num_heads, "qk_norm": self.options.qk_norm}
