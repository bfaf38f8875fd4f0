"""The diffusion transformer."""

from functools import cached_property
from math import prod
from typing import Any, final

from attrs import asdict, frozen

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
from wanmeter.wan.embeddings import ImageEmbedding, TimeEmbedding, TimeProjection
from wanmeter.wan.geometry import PATCH_SIZE
from wanmeter.wan.head import WanHead
from wanmeter.wan.supply import LayerSupply

CALLERS = ("latents", "timestep", "prompt")


@final
@frozen
class WanTransformer(Composite):
    """Latents [batch_size, in_dim, frames, height, width] and a prompt to the noise in them.

    The prompt is [batch_size, text_len, text_dim]; image features, for models that take images,
    [batch_size, image_tokens, image_dim]; VACE's control video [batch_size, vace_in_dim, frames,
    height, width]. All of these and the timesteps belong to the caller, who keeps them for the sampler
    and the next step. Covers all forward passes of the workload.

    Source: Wan2.1 wan/modules/model.py, WanModel.forward; vace_model.py, VaceWanModel.forward.
    """

    supply: LayerSupply

    @property
    def calls(self) -> int:
        """The forward passes covered."""
        return self.supply.steps

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        supply = self.supply
        context = ("text", "images") if supply.image_tokens else ("text",)
        condition = ("time6", *context, "table")
        control, hints = bool(supply.model.vace_layers), ("hint", "earlier_hints")
        steps = [
            self._step(
                "patch_embedding", self._patch_embedding(supply.model.in_dim), ("latents",), "x"
            ),
            self._step("time_embedding", self._time_embedding(), ("timestep",), "time"),
            self._step("time_projection", self._time_projection(), ("time",), "time6"),
            self._step("text_embedding", self._text_embedding(), ("prompt",), "text"),
        ]
        if supply.image_tokens:
            steps += [self._step("img_emb", self._image_embedding(), ("features",), "images")]
        steps += [self._step("freqs", self._rotary_table(), (), "table")]
        if control:
            steps += self._control_steps(condition)
        steps += [
            Step(
                "blocks",
                WanBlock(supply),
                reads=("x", *condition),
                writes=("x",),
                # The first block runs with all hints waiting.
                keeps=hints if control else (),
                copies=supply.model.num_layers,
            )
        ]
        if control:
            steps += [self._hint_step(condition)]
        steps += [
            self._step("head", self._head(), ("x", "time"), "patches"),
            self._step("unpatchify", self._unpatchify(), ("patches",), "noise"),
        ]
        callers = (*CALLERS, *(("features",) if supply.image_tokens else ()))
        callers += ("control",) if control else ()
        return dataflow(steps, tensors=self._tensors(), borrowed=callers)

    def _control_steps(self, condition: tuple[str, ...]) -> list[Step]:
        """VACE's control blocks, which make one hint each before the blocks run."""
        supply, make = self.supply, self.supply.primitives
        tokens, model = supply.tokens, supply.model
        embed, project = (
            self._patch_embedding(model.vace_in_dim),
            make.linear(tokens, model.dim, model.dim),
        )
        return [
            self._step("vace_patch_embedding", embed, ("control",), "c"),
            self._step("vace_before_proj", project, ("c",), "c"),
            self._step(
                "vace_before_residual", make.residual_add(tokens, model.dim), ("c", "x"), "c"
            ),
            Step(
                "vace_blocks",
                WanBlock(supply, control=True),
                reads=("c", *condition),
                writes=("c", "hint"),
                keeps=("earlier_hints",),
                copies=len(model.vace_layers),
            ),
        ]

    def _hint_step(self, condition: tuple[str, ...]) -> Step:
        """Each hint, scaled, added after its block; the first while other hints and blocks wait."""
        supply = self.supply
        add = supply.primitives.residual_add(supply.tokens, supply.model.dim, scaled=True)
        return Step(
            "hint_residual",
            StepScaled(add, supply.steps),
            reads=("x", "hint"),
            writes=("x",),
            keeps=("earlier_hints", *condition),
            copies=len(supply.model.vace_layers),
        )

    def _tensors(self) -> dict[str, int]:
        """Bytes of everything that the steps read and write."""
        supply, model, make = self.supply, self.supply.model, self.supply.primitives
        grid, x = supply.grid, make.bytes(supply.tokens, model.dim)
        return {
            "latents": make.bytes(model.in_dim, *grid.size),
            "control": make.bytes(model.vace_in_dim, *grid.size),
            "timestep": make.bytes(),
            "prompt": make.bytes(supply.workload.text_len, model.text_dim),
            "features": make.bytes(supply.image_tokens, model.image_dim),
            "x": x,
            "c": x,
            "hint": x,
            "earlier_hints": x * (len(model.vace_layers) - 1),
            "time": make.bytes(model.dim),
            "time6": make.bytes(6, model.dim),
            "text": make.bytes(supply.workload.text_len, model.dim),
            "images": make.bytes(supply.image_tokens, model.dim),
            "table": supply.rotary_table_bytes,
        }

    def _step(self, name: str, layer: Layer, reads: tuple[str, ...], writes: str) -> Step:
        return Step(name, StepScaled(layer, self.supply.steps), reads=reads, writes=(writes,))

    def _patch_embedding(self, channels: int) -> Layer:
        grid = self.supply.grid
        return Conv3d(
            in_channels=channels,
            out_channels=self.supply.model.dim,
            kernel_size=PATCH_SIZE,
            input_size=grid.size,
            output_size=grid.patches,
            **self._shared,
        )

    def _time_embedding(self) -> Layer:
        model = self.supply.model
        return TimeEmbedding(freq_dim=model.freq_dim, dim=model.dim, **self._shared)

    def _time_projection(self) -> Layer:
        return TimeProjection(dim=self.supply.model.dim, **self._shared)

    def _text_embedding(self) -> Layer:
        model = self.supply.model
        return Mlp(
            tokens=self.supply.workload.text_len,
            dim=model.text_dim,
            ffn_dim=model.dim,
            out_dim=model.dim,
            act_fn="GELUTanh",
            borrowed=True,
            **self._shared,
        )

    def _image_embedding(self) -> Layer:
        model = self.supply.model
        return ImageEmbedding(
            tokens=self.supply.image_tokens,
            image_dim=model.image_dim,
            dim=model.dim,
            positions=model.num_images > 1,
            **self._shared,
        )

    def _rotary_table(self) -> Layer:
        frames, height, width = self.supply.grid.patches
        return RotaryTable(
            frames=frames,
            height=height,
            width=width,
            head_dim=self.supply.model.head_dim,
            bits=self.supply.options.bits,
        )

    def _head(self) -> Layer:
        return WanHead(
            tokens=self.supply.tokens,
            dim=self.supply.model.dim,
            out_features=self._patch_elements,
            **self._shared,
        )

    def _unpatchify(self) -> Layer:
        make = self.supply.primitives
        elements = make.batch_size * self.supply.tokens * self._patch_elements
        return Rearrange(elements=elements, bits=make.bits)

    @property
    def _shared(self) -> dict[str, Any]:
        """What all layers have in common."""
        return asdict(self.supply.primitives)

    @property
    def _patch_elements(self) -> int:
        return prod(PATCH_SIZE) * self.supply.model.out_dim


def build_transformer(supply: LayerSupply) -> Layer:
    """The transformer in the scope that its options ask for."""
    return WanTransformerCore(supply) if supply.options.scope == "core" else WanTransformer(supply)
