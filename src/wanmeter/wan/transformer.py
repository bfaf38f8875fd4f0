"""The diffusion transformer."""

from math import prod
from typing import final

from attrs import frozen

from wanmeter.arithmetic import tensor_bytes
from wanmeter.layers import (
    Child,
    Composite,
    Conv3d,
    Layer,
    Mlp,
    Rearrange,
    RotaryTable,
    Step,
    StepScaled,
    dataflow,
)
from wanmeter.wan.block import WanBlock
from wanmeter.wan.core import WanTransformerCore
from wanmeter.wan.embeddings import TimeEmbedding, TimeProjection
from wanmeter.wan.geometry import PATCH_SIZE
from wanmeter.wan.head import WanHead
from wanmeter.wan.supply import LayerSupply


@final
@frozen
class WanTransformer(Composite):
    """Latents [batch_size, in_dim, frames, height, width] and a prompt to the noise in them.

    The prompt is [batch_size, text_len, text_dim]. Latents, timesteps and prompt belong to the caller,
    who keeps them for the sampler and the next step. Covers all forward passes of the workload.

    Source: Wan2.1 wan/modules/model.py, WanModel.forward.
    """

    supply: LayerSupply

    @property
    def calls(self) -> int:
        """The forward passes covered."""
        return self.supply.steps

    @property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        supply, model, make = self.supply, self.supply.model, self.supply.primitives
        grid, tokens, text_len = supply.grid, supply.tokens, supply.workload.text_len
        batch_size, bits, weight_bits = make.batch_size, make.bits, make.weight_bits
        patch_embedding = Conv3d(
            batch_size=batch_size,
            in_channels=model.in_dim,
            out_channels=model.dim,
            kernel_size=PATCH_SIZE,
            input_size=grid.size,
            output_size=grid.patches,
            bits=bits,
            weight_bits=weight_bits,
        )
        time_embedding = TimeEmbedding(
            batch_size=batch_size,
            freq_dim=model.freq_dim,
            dim=model.dim,
            bits=bits,
            weight_bits=weight_bits,
        )
        time_projection = TimeProjection(
            batch_size=batch_size, dim=model.dim, bits=bits, weight_bits=weight_bits
        )
        text_embedding = Mlp(
            batch_size=batch_size,
            tokens=text_len,
            dim=model.text_dim,
            ffn_dim=model.dim,
            out_dim=model.dim,
            act_fn="GELUTanh",
            borrowed=True,
            bits=bits,
            weight_bits=weight_bits,
        )
        frames, height, width = grid.patches
        rotary_table = RotaryTable(
            frames=frames, height=height, width=width, head_dim=model.head_dim, bits=bits
        )
        patch = prod(PATCH_SIZE) * model.out_dim
        head = WanHead(
            batch_size=batch_size,
            tokens=tokens,
            dim=model.dim,
            out_features=patch,
            bits=bits,
            weight_bits=weight_bits,
        )
        unpatchify = Rearrange(elements=batch_size * tokens * patch, bits=bits)

        steps = (
            self._step("patch_embedding", patch_embedding, ("latents",), "x"),
            self._step("time_embedding", time_embedding, ("timestep",), "time"),
            self._step("time_projection", time_projection, ("time",), "time6"),
            self._step("text_embedding", text_embedding, ("prompt",), "text"),
            self._step("freqs", rotary_table, (), "table"),
            Step(
                "blocks",
                WanBlock(supply),
                reads=("x", "time6", "text", "table"),
                writes=("x",),
                copies=model.num_layers,
            ),
            self._step("head", head, ("x", "time"), "patches"),
            self._step("unpatchify", unpatchify, ("patches",), "noise"),
        )
        sizes = {
            "latents": make.bytes(model.in_dim, *grid.size),
            "timestep": make.bytes(),
            "prompt": make.bytes(text_len, model.text_dim),
            "x": make.bytes(tokens, model.dim),
            "time": make.bytes(model.dim),
            "time6": make.bytes(6, model.dim),
            "text": make.bytes(text_len, model.dim),
            "table": tensor_bytes(tokens * model.head_dim, bits),
        }
        return dataflow(steps, tensors=sizes, borrowed=("latents", "timestep", "prompt"))

    def _step(self, name: str, layer: Layer, reads: tuple[str, ...], writes: str) -> Step:
        return Step(name, StepScaled(layer, self.supply.steps), reads=reads, writes=(writes,))


def build_transformer(supply: LayerSupply) -> Layer:
    """The transformer in the scope that its options ask for."""
    return WanTransformerCore(supply) if supply.options.scope == "core" else WanTransformer(supply)
