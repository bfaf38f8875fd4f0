"""What a transformer's blocks are built from: the backend's layers and the primitives between them."""

from attrs import frozen

from wanmeter.backends.base import CrossAttentionSpec, LayerBackend, MlpSpec, SelfAttentionSpec
from wanmeter.layers import Layer, Primitives
from wanmeter.wan.geometry import LatentGrid
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.workload import Workload


@frozen(kw_only=True)
class LayerSupply:
    """Layers for one transformer: `backend`'s attention and MLP, for all of a workload's passes."""

    model: ModelSpec
    options: TransformerOptions
    workload: Workload
    backend: LayerBackend

    @property
    def grid(self) -> LatentGrid:
        """The latent video and its tokens."""
        return LatentGrid.of(self.workload)

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

    def self_attention(self) -> Layer:
        """Self-attention over the video tokens."""
        spec = SelfAttentionSpec(
            batch_size=self.workload.batch_size,
            tokens=self.tokens,
            dim=self.model.dim,
            num_heads=self.model.num_heads,
            qk_norm=self.options.qk_norm,
            bits=self.options.bits,
            weight_bits=self.options.weight_bits,
        )
        return self.backend.supply_self_attention(spec, self.steps)

    def cross_attention(self) -> Layer:
        """Cross-attention from the video tokens to the text."""
        spec = CrossAttentionSpec(
            batch_size=self.workload.batch_size,
            tokens=self.tokens,
            context_tokens=self.workload.text_len,
            dim=self.model.dim,
            num_heads=self.model.num_heads,
            qk_norm=self.options.qk_norm,
            bits=self.options.bits,
            weight_bits=self.options.weight_bits,
        )
        return self.backend.supply_cross_attention(spec, self.steps)

    def mlp(self) -> Layer:
        """The feed-forward network on the video tokens."""
        spec = MlpSpec(
            batch_size=self.workload.batch_size,
            tokens=self.tokens,
            dim=self.model.dim,
            ffn_dim=self.model.ffn_dim,
            act_fn=self.options.act_fn,
            bits=self.options.bits,
            weight_bits=self.options.weight_bits,
        )
        return self.backend.supply_mlp(spec, self.steps)
