"""The diffusion transformer."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.backends.registry import BUILT_IN
from wanmeter.layers import (
    Composite,
    Conv3d,
    Forward,
    Layer,
    Mlp,
    Rearrange,
    RotaryTable,
    Step,
    Tensor,
)
from wanmeter.models.components.stages import interned_stage
from wanmeter.models.wan2_1.block import WanBlock
from wanmeter.models.wan2_1.core import WanTransformerCore
from wanmeter.models.wan2_1.embeddings import ImageEmbedding, TimeEmbedding, TimeProjection
from wanmeter.models.wan2_1.head import WanHead
from wanmeter.models.wan2_1.layer_factory import LayerFactory

CALLERS = ("latents", "timestep", "prompt")


@final
@frozen
class WanTransformer(Composite):
    """Predicts the noise in latents [batch_size, in_dim, frames, height, width]. One forward pass.

    The prompt is [batch_size, text_len, text_dim]; image features, for models that take images, are
    [batch_size, image_tokens, image_dim]; VACE's control video is [batch_size, vace_in_dim, frames,
    height, width]. The caller keeps all of these and the timesteps for the sampler and the next step.

    Source: Wan2.1 wan/modules/model.py, WanModel.forward; vace_model.py, VaceWanModel.forward.
    """

    factory: LayerFactory

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        factory = self.factory
        context = ("text", "images") if factory.image_tokens else ("text",)
        condition = ("time6", *context, "table")
        control, hints = bool(factory.model.vace_layers), ("hint", "earlier_hints")
        patch_embedding = self._patch_embedding(factory.model.in_dim)
        steps = [
            Step("patch_embedding", patch_embedding, reads=("latents",), writes=("x",)),
            Step("time_embedding", TimeEmbedding(factory), reads=("timestep",), writes=("time",)),
            Step("time_projection", TimeProjection(factory), reads=("time",), writes=("time6",)),
            Step("text_embedding", self._text_embedding(), reads=("prompt",), writes=("text",)),
        ]
        if factory.image_tokens:
            embed = ImageEmbedding(factory)
            steps += [Step("img_emb", embed, reads=("features",), writes=("images",))]
        steps += [Step("freqs", self._rotary_table(), writes=("table",))]
        if control:
            steps += self._control_steps(condition)
        steps += [
            Step(
                "blocks",
                WanBlock(factory),
                reads=("x", *condition),
                writes=("x",),
                # All hints are alive while the first block runs.
                keeps=hints if control else (),
                copies=factory.model.num_layers,
            )
        ]
        if control:
            steps += [self._hint_step(condition)]
        steps += [
            Step("head", WanHead(factory), reads=("x", "time"), writes=("patches",)),
            Step("unpatchify", self._unpatchify(), reads=("patches",), writes=("noise",)),
        ]
        callers = (*CALLERS, *(("features",) if factory.image_tokens else ()))
        callers += ("control",) if control else ()
        return Forward(steps=steps, tensors=self._tensors(), borrowed=callers)

    def _control_steps(self, condition: tuple[str, ...]) -> list[Step]:
        """VACE's control blocks, which make one hint each before the blocks run."""
        factory, make = self.factory, self.factory.make
        tokens, model = factory.tokens, factory.model
        embed = self._patch_embedding(model.vace_in_dim)
        project = make.linear(tokens, model.dim, model.dim)
        add = make.residual_add(tokens, model.dim)
        return [
            Step("vace_patch_embedding", embed, reads=("control",), writes=("c",)),
            Step("vace_before_proj", project, reads=("c",), writes=("c",)),
            Step("vace_before_residual", add, reads=("c", "x"), writes=("c",)),
            Step(
                "vace_blocks",
                WanBlock(factory, control=True),
                reads=("c", *condition),
                writes=("c", "hint"),
                keeps=("earlier_hints",),
                copies=len(model.vace_layers),
            ),
        ]

    def _hint_step(self, condition: tuple[str, ...]) -> Step:
        """Adds each scaled hint after its block; the first while the other hints are alive."""
        factory = self.factory
        add = factory.make.residual_add(factory.tokens, factory.model.dim, scaled=True)
        return Step(
            "hint_residual",
            add,
            reads=("x", "hint"),
            writes=("x",),
            keeps=("earlier_hints", *condition),
            copies=len(factory.model.vace_layers),
        )

    def _tensors(self) -> dict[str, Tensor]:
        """The tensors between the steps."""
        factory, model, make = self.factory, self.factory.model, self.factory.make
        grid, x = factory.grid, make.tensor(factory.tokens, model.dim)
        return {
            "latents": make.tensor(model.in_dim, *grid.size),
            "control": make.tensor(model.vace_in_dim, *grid.size),
            "timestep": make.tensor(factory.time_tokens),
            "prompt": make.tensor(factory.workload.text_len, model.text_dim),
            "features": make.tensor(factory.image_tokens, model.image_dim),
            "x": x,
            "c": x,
            "hint": x,
            "earlier_hints": Tensor(x.elements * max(len(model.vace_layers) - 1, 0), x.bits),
            "time": make.tensor(factory.time_tokens, model.dim),
            "time6": make.tensor(factory.time_tokens, 6, model.dim),
            "text": make.tensor(factory.workload.text_len, model.dim),
            "images": make.tensor(factory.image_tokens, model.dim),
            "table": factory.rotary_table,
        }

    def _patch_embedding(self, channels: int) -> Layer:
        grid = self.factory.grid
        return self.factory.make(
            Conv3d,
            in_channels=channels,
            out_channels=self.factory.model.dim,
            kernel_size=grid.patch_size,
            input_size=grid.size,
            output_size=grid.patches,
        )

    def _text_embedding(self) -> Layer:
        model = self.factory.model
        return self.factory.make(
            Mlp,
            tokens=self.factory.workload.text_len,
            dim=model.text_dim,
            ffn_dim=model.dim,
            out_dim=model.dim,
            act_fn="GELUTanh",
            borrowed=True,
        )

    def _rotary_table(self) -> Layer:
        frames, height, width = self.factory.grid.patches
        return RotaryTable(
            frames=frames,
            height=height,
            width=width,
            head_dim=self.factory.model.head_dim,
            precision=self.factory.precision,
        )

    def _unpatchify(self) -> Layer:
        factory, make = self.factory, self.factory.make
        elements = make.batch_size * factory.tokens * factory.patch_elements
        return Rearrange(elements=elements, precision=make.precision)


def build_transformer(factory: LayerFactory) -> Layer:
    """The transformer in the scope of its options."""
    # A third party's backend may return another layer for an equal spec.
    return (
        interned_stage(_build, factory=factory) if factory.backend in BUILT_IN else _build(factory)
    )


def _build(factory: LayerFactory) -> Layer:
    core = factory.options.scope == "core"
    return WanTransformerCore(factory) if core else WanTransformer(factory)
