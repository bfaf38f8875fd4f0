"""The transformer block."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Child, Composite, Layer, ModulationTable, Step, StepScaled, dataflow
from wanmeter.wan.supply import LayerSupply


@final
@frozen
class WanBlock(Composite):
    """One block on x [batch_size, tokens, dim], for all forward passes of the workload.

    Modulated self-attention, cross-attention to the text [batch_size, text_len, dim] and a modulated
    MLP, each with its residual add. The text, the time projection [batch_size, 6, dim] and the rotary
    table [tokens, head_dim] belong to the caller, who keeps them for the blocks that follow; so do the
    image features [batch_size, image_tokens, dim], where there are any.

    A `control` block, one of VACE's, projects what it passes on to a hint besides.

    The backend's layers are scaled to the passes by the backend; the others are scaled here.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.forward; vace_model.py,
    VaceWanAttentionBlock.forward.
    """

    supply: LayerSupply
    control: bool = False

    @property
    def calls(self) -> int:
        """The forward passes covered."""
        return self.supply.steps

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        supply, make = self.supply, self.supply.primitives
        tokens, dim = supply.tokens, supply.model.dim
        modulation = ModulationTable(
            batch_size=make.batch_size,
            vectors=6,
            dim=dim,
            bits=make.bits,
            weight_bits=make.weight_bits,
        )
        norm = self._scaled(make.layer_norm(tokens, dim, affine=False, modulated=True))
        affine_norm = self._scaled(make.layer_norm(tokens, dim))
        add = self._scaled(make.residual_add(tokens, dim))
        gated_add = self._scaled(make.residual_add(tokens, dim, gated=True))
        vectors = ("shift_1", "scale_1", "gate_1", "shift_2", "scale_2", "gate_2")
        context = ("text", "images") if supply.image_tokens else ("text",)
        steps = [
            Step("modulation", self._scaled(modulation), reads=("time",), writes=vectors),
            Step("norm1", norm, reads=("x", "shift_1", "scale_1"), writes=("y",)),
            Step("self_attn", supply.self_attention(), reads=("y", "table"), writes=("y",)),
            Step("self_attn_residual", gated_add, reads=("x", "y", "gate_1"), writes=("x",)),
            Step("norm3", affine_norm, reads=("x",), writes=("y",)),
            Step("cross_attn", supply.cross_attention(), reads=("y", *context), writes=("y",)),
            Step("cross_attn_residual", add, reads=("x", "y"), writes=("x",)),
            Step("norm2", norm, reads=("x", "shift_2", "scale_2"), writes=("y",)),
            Step("ffn", supply.mlp(), reads=("y",), writes=("y",)),
            Step("ffn_residual", gated_add, reads=("x", "y", "gate_2"), writes=("x",)),
        ]
        if self.control:
            after_proj = self._scaled(make.linear(tokens, dim, dim))
            steps += [Step("after_proj", after_proj, reads=("x",))]
        sizes = {
            "x": make.bytes(tokens, dim),
            "y": make.bytes(tokens, dim),
            "text": make.bytes(supply.workload.text_len, dim),
            "images": make.bytes(supply.image_tokens, dim),
            "time": make.bytes(6, dim),
            "table": supply.rotary_table_bytes,
            **dict.fromkeys(vectors, make.bytes(dim)),
        }
        return dataflow(steps, tensors=sizes, borrowed=(*context, "time", "table"))

    def _scaled(self, layer: Layer) -> Layer:
        return StepScaled(layer, self.supply.steps)
