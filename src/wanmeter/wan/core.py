"""The transformer's core: self-attention and MLP alone, the scope of older analytic models."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Child, Composite, Step, dataflow
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

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """Self-attention, then the MLP; the rotary table belongs to the caller, who keeps it."""
        steps = (
            Step("self_attn", self.supply.self_attention(), reads=("table",)),
            Step("ffn", self.supply.mlp()),
        )
        sizes = {"table": self.supply.rotary_table_bytes}
        return dataflow(steps, tensors=sizes, borrowed=("table",))


@final
@frozen
class WanTransformerCore(Composite):
    """The core blocks, with no embeddings, cross-attention, norms, residual adds or head."""

    supply: LayerSupply

    @property
    def calls(self) -> int:
        """The forward passes covered."""
        return self.supply.steps

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The control blocks, if there are any, and the blocks."""
        block, model = WanCoreBlock(self.supply), self.supply.model
        blocks = Child(name="blocks", layer=block, copies=model.num_layers)
        if not model.vace_layers:
            return (blocks,)
        return (Child(name="vace_blocks", layer=block, copies=len(model.vace_layers)), blocks)
