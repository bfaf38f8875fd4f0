"""The transformer's core: self-attention and MLP alone, the scope of older analytic models."""

from typing import final

from attrs import frozen

from wanmeter.layers import Child, Composite
from wanmeter.wan.supply import LayerSupply


@final
@frozen
class WanCoreBlock(Composite):
    """A block's self-attention and MLP, for all forward passes of the workload; nothing between them."""

    supply: LayerSupply

    @property
    def calls(self) -> int:
        """The forward passes covered."""
        return self.supply.steps

    @property
    def children(self) -> tuple[Child, ...]:
        """Self-attention, then the MLP."""
        return (
            Child(name="self_attn", layer=self.supply.self_attention()),
            Child(name="ffn", layer=self.supply.mlp()),
        )


@final
@frozen
class WanTransformerCore(Composite):
    """The core blocks, with no embeddings, cross-attention, norms, residual adds or head."""

    supply: LayerSupply

    @property
    def calls(self) -> int:
        """The forward passes covered."""
        return self.supply.steps

    @property
    def children(self) -> tuple[Child, ...]:
        """The blocks."""
        block = WanCoreBlock(self.supply)
        return (Child(name="blocks", layer=block, copies=self.supply.model.num_layers),)
