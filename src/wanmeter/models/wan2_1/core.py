"""The transformer's core: self-attention and MLP alone, the scope of older analytic models."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Composite, Forward, Step
from wanmeter.models.wan2_1.layer_factory import LayerFactory


@final
@frozen
class WanCoreBlock(Composite):
    """A block's self-attention and MLP, with nothing between them."""

    factory: LayerFactory

    @cached_property
    def forward(self) -> Forward:
        """Self-attention, then the MLP. The caller keeps the rotary table."""
        steps = (
            Step("self_attn", self.factory.self_attention(), reads=("table",)),
            Step("ffn", self.factory.mlp()),
        )
        tensors = {"table": self.factory.rotary_table}
        return Forward(steps=steps, tensors=tensors, borrowed=("table",))


@final
@frozen
class WanTransformerCore(Composite):
    """The core blocks, with no embeddings, cross-attention, norms, residual adds or head."""

    factory: LayerFactory

    @cached_property
    def forward(self) -> Forward:
        """The control blocks, if there are any, and the blocks."""
        block, model = WanCoreBlock(self.factory), self.factory.model
        steps = [Step("blocks", block, copies=model.num_layers)]
        if model.vace_layers:
            steps.insert(0, Step("vace_blocks", block, copies=len(model.vace_layers)))
        return Forward(steps=steps)
