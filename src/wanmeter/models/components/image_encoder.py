"""The image encoder, CLIP's vision tower."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.layers import (
    Composite,
    Conv3d,
    Forward,
    Idle,
    Mlp,
    PositionEmbedding,
    Primitives,
    SelfAttention,
    Step,
)
from wanmeter.models.components.specs import ImageEncoderSpec
from wanmeter.models.element_sizes import precision_of
from wanmeter.validators import positive_int


@final
@frozen(kw_only=True)
class ImageEncoderBlock(Composite):
    """A pre-norm block of CLIP's vision transformer on x [images, tokens, dim].

    Source: Wan2.1 wan/modules/clip.py, AttentionBlock.
    """

    spec: ImageEncoderSpec
    images: int = field(validator=positive_int)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        spec, tokens = self.spec, self.spec.tokens
        make = Primitives(batch_size=self.images, precision=precision_of(spec))
        # Approximation: q, k and v are three projections, as in transformers. The official code has one,
        # which reads x once.
        attention = make(
            SelfAttention,
            tokens=tokens,
            dim=spec.dim,
            num_heads=spec.num_heads,
            qk_norm=False,
            rotary=False,
        )
        mlp = make(
            Mlp,
            tokens=tokens,
            dim=spec.dim,
            ffn_dim=spec.ffn_dim,
            act_fn=spec.act_fn,
        )
        norm, add = make.layer_norm(tokens, spec.dim), make.residual_add(tokens, spec.dim)
        steps = (
            Step("norm1", norm, reads=("x",), writes=("y",)),
            Step("attn", attention, reads=("y",), writes=("y",)),
            Step("attn_residual", add, reads=("x", "y"), writes=("x",)),
            Step("norm2", norm, reads=("x",), writes=("y",)),
            Step("mlp", mlp, reads=("y",), writes=("y",)),
            Step("mlp_residual", add, reads=("x", "y"), writes=("x",)),
        )
        return Forward(
            steps=steps, tensors=dict.fromkeys(("x", "y"), make.tensor(tokens, spec.dim))
        )


@final
@frozen(kw_only=True)
class ImageEncoder(Composite):
    """CLIP's vision tower: pixels [images, 3, size, size] -> features [images, tokens, dim].

    Blocks beyond `layers_run` are loaded but idle. So is the last norm, which only the class token of a
    full run would pass. Resizing images to the tower's size is not counted.

    Source: Wan2.1 wan/modules/clip.py, VisionTransformer.forward with use_31_block.
    """

    spec: ImageEncoderSpec
    images: int = field(validator=positive_int)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        spec = self.spec
        make = Primitives(batch_size=self.images, precision=precision_of(spec))
        patch_embedding = make(
            Conv3d,
            in_channels=3,
            out_channels=spec.dim,
            kernel_size=(1, spec.patch_size, spec.patch_size),
            input_size=(1, spec.image_size, spec.image_size),
            output_size=(1, spec.grid, spec.grid),
            bias=False,
        )
        positions = make(
            PositionEmbedding,
            tokens=spec.tokens,
            dim=spec.dim,
            class_token=True,
        )
        norm = make.layer_norm(spec.tokens, spec.dim)
        block = ImageEncoderBlock(spec=spec, images=self.images)
        steps = [
            Step("patch_embedding", patch_embedding, reads=("pixels",), writes=("patches",)),
            Step("position_embedding", positions, reads=("patches",), writes=("x",)),
            Step("pre_norm", norm, reads=("x",), writes=("x",)),
            Step("blocks", block, reads=("x",), writes=("x",), copies=spec.layers_run),
        ]
        if idle := spec.num_layers - spec.layers_run:
            steps += [Step("idle_blocks", Idle(block), copies=idle)]
        steps += [Step("idle_post_norm", Idle(norm))]
        tensors = {
            "pixels": make.tensor(3, spec.image_size, spec.image_size),
            "patches": make.tensor(spec.grid * spec.grid, spec.dim),
            "x": make.tensor(spec.tokens, spec.dim),
        }
        return Forward(steps=steps, tensors=tensors)
