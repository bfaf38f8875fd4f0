"""The text encoder, UMT5, and the image encoder, CLIP's vision tower."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.layers import (
    Composite,
    Conv3d,
    Forward,
    Layer,
    Mlp,
    PositionEmbedding,
    Primitives,
    SelfAttention,
    Step,
    Tensor,
    TokenEmbedding,
    idle,
)
from wanmeter.layers.embedding import TOKEN_ID_BITS
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec
from wanmeter.models.element_sizes import precision_of
from wanmeter.validators import positive_int


def _pre_norm(
    x: Tensor, *, norm: Layer, attention: Layer, add: Layer, mlp: Layer, mlp_name: str
) -> Forward:
    """Attention and an MLP on x, each after a norm and before a residual add."""
    steps = (
        Step("norm1", norm, reads=("x",), writes=("y",)),
        Step("attn", attention, reads=("y",), writes=("y",)),
        Step("attn_residual", add, reads=("x", "y"), writes=("x",)),
        Step("norm2", norm, reads=("x",), writes=("y",)),
        Step(mlp_name, mlp, reads=("y",), writes=("y",)),
        Step(f"{mlp_name}_residual", add, reads=("x", "y"), writes=("x",)),
    )
    return Forward(steps=steps, tensors={"x": x, "y": x})


@final
@frozen(kw_only=True)
class TextEncoderBlock(Composite):
    """A block of UMT5 on [batch_size, tokens, dim]: attention with a position bias, and a gated MLP.

    Linear layers have no bias, and scores are not scaled.

    Source: Wan2.1 wan/modules/t5.py, T5SelfAttention.
    """

    spec: TextEncoderSpec
    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        spec, tokens = self.spec, self.tokens
        make = Primitives(batch_size=self.batch_size, precision=precision_of(spec))
        attention = make(
            SelfAttention,
            tokens=tokens,
            dim=spec.dim,
            num_heads=spec.num_heads,
            head_dim=spec.head_dim,
            qk_norm=False,
            rotary=False,
            bias=False,
            scaled=False,
            position_buckets=spec.num_buckets,
        )
        mlp = make(
            Mlp,
            tokens=tokens,
            dim=spec.dim,
            ffn_dim=spec.ffn_dim,
            act_fn="GELUTanh",
            gated=True,
            use_bias=False,
        )
        return _pre_norm(
            make.tensor(tokens, spec.dim),
            norm=make.rms_norm(tokens, spec.dim),
            attention=attention,
            add=make.residual_add(tokens, spec.dim),
            mlp=mlp,
            mlp_name="ffn",
        )


@final
@frozen(kw_only=True)
class TextEncoder(Composite):
    """UMT5's encoder: token ids [batch_size, tokens] -> [batch_size, tokens, dim], in one pass.

    Source: Wan2.1 wan/modules/t5.py, T5Encoder.
    """

    spec: TextEncoderSpec
    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        spec = self.spec
        make = Primitives(batch_size=self.batch_size, precision=precision_of(spec))
        embedding = make(
            TokenEmbedding, tokens=self.tokens, num_embeddings=spec.vocab_size, dim=spec.dim
        )
        block = TextEncoderBlock(spec=spec, batch_size=self.batch_size, tokens=self.tokens)
        norm = make.rms_norm(self.tokens, spec.dim)
        steps = (
            Step("token_embedding", embedding, reads=("ids",), writes=("x",)),
            Step("blocks", block, reads=("x",), writes=("x",), copies=spec.num_layers),
            Step("norm", norm, reads=("x",), writes=("x",)),
        )
        tensors = {
            "ids": Tensor(self.batch_size * self.tokens, TOKEN_ID_BITS),
            "x": make.tensor(self.tokens, spec.dim),
        }
        return Forward(steps=steps, tensors=tensors)


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
        mlp = make(Mlp, tokens=tokens, dim=spec.dim, ffn_dim=spec.ffn_dim, act_fn=spec.act_fn)
        return _pre_norm(
            make.tensor(tokens, spec.dim),
            norm=make.layer_norm(tokens, spec.dim),
            attention=attention,
            add=make.residual_add(tokens, spec.dim),
            mlp=mlp,
            mlp_name="mlp",
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
        positions = make(PositionEmbedding, tokens=spec.tokens, dim=spec.dim, class_token=True)
        norm = make.layer_norm(spec.tokens, spec.dim)
        block = ImageEncoderBlock(spec=spec, images=self.images)
        steps = [
            Step("patch_embedding", patch_embedding, reads=("pixels",), writes=("patches",)),
            Step("position_embedding", positions, reads=("patches",), writes=("x",)),
            Step("pre_norm", norm, reads=("x",), writes=("x",)),
            Step("blocks", block, reads=("x",), writes=("x",), copies=spec.layers_run),
        ]
        if unused := spec.num_layers - spec.layers_run:
            steps += [Step("idle_blocks", idle(block), copies=unused)]
        steps += [Step("idle_post_norm", idle(norm))]
        tensors = {
            "pixels": make.tensor(3, spec.image_size, spec.image_size),
            "patches": make.tensor(spec.grid * spec.grid, spec.dim),
            "x": make.tensor(spec.tokens, spec.dim),
        }
        return Forward(steps=steps, tensors=tensors)
