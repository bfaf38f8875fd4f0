"""The transformer block."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Composite, Forward, ModulationTable, Step
from wanmeter.models.wan2_1.layer_factory import LayerFactory


@final
@frozen
class WanBlock(Composite):
    """One block on x [batch_size, tokens, dim].

    Modulated self-attention, cross-attention to the text [batch_size, text_len, dim] and a modulated
    MLP, each with its residual add. For the next blocks, the caller keeps the text, the time projection
    [batch_size, 6, dim] (per token [batch_size, tokens, 6, dim]), the rotary table [tokens, head_dim] and,
    if there are any, the image features [batch_size, image_tokens, dim].

    A `control` block of VACE also projects its output to a hint.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.forward; vace_model.py,
    VaceWanAttentionBlock.forward.
    """

    factory: LayerFactory
    control: bool = False

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        factory, make = self.factory, self.factory.make
        tokens, dim, each = factory.tokens, factory.model.dim, factory.time_per_token
        modulation = make(ModulationTable, tokens=factory.time_tokens, vectors=6, dim=dim)
        norm = make.layer_norm(tokens, dim, affine=False, modulated=True, per_token=each)
        affine_norm = make.layer_norm(tokens, dim)
        add = make.residual_add(tokens, dim)
        gated_add = make.residual_add(tokens, dim, gated=True, per_token=each)
        vectors = ("shift_1", "scale_1", "gate_1", "shift_2", "scale_2", "gate_2")
        context = ("text", "images") if factory.image_tokens else ("text",)
        steps = [
            Step("modulation", modulation, reads=("time",), writes=vectors),
            Step("norm1", norm, reads=("x", "shift_1", "scale_1"), writes=("y",)),
            Step("self_attn", factory.self_attention(), reads=("y", "table"), writes=("y",)),
            Step("self_attn_residual", gated_add, reads=("x", "y", "gate_1"), writes=("x",)),
            Step("norm3", affine_norm, reads=("x",), writes=("y",)),
            Step("cross_attn", factory.cross_attention(), reads=("y", *context), writes=("y",)),
            Step("cross_attn_residual", add, reads=("x", "y"), writes=("x",)),
            Step("norm2", norm, reads=("x", "shift_2", "scale_2"), writes=("y",)),
            Step("ffn", factory.mlp(), reads=("y",), writes=("y",)),
            Step("ffn_residual", gated_add, reads=("x", "y", "gate_2"), writes=("x",)),
        ]
        if self.control:
            steps += [Step("after_proj", make.linear(tokens, dim, dim), reads=("x",))]
        tensors = {
            "x": make.tensor(tokens, dim),
            "y": make.tensor(tokens, dim),
            "text": make.tensor(factory.workload.text_len, dim),
            "images": make.tensor(factory.image_tokens, dim),
            "time": make.tensor(factory.time_tokens, 6, dim),
            "table": factory.rotary_table,
            **dict.fromkeys(vectors, make.tensor(factory.time_tokens, dim)),
        }
        # Approximation: the last block keeps these too, though no block follows.
        return Forward(steps=steps, tensors=tensors, borrowed=(*context, "time", "table"))
