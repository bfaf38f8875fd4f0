"""The text encoder, UMT5."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.layers import (
    Composite,
    Forward,
    Mlp,
    Primitives,
    SelfAttention,
    Step,
    Tensor,
    TokenEmbedding,
)
from wanmeter.layers.embedding import TOKEN_ID_BITS
from wanmeter.models.components.specs import TextEncoderSpec
from wanmeter.models.element_sizes import precision_of
from wanmeter.validators import positive_int


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
        norm, add = make.rms_norm(tokens, spec.dim), make.residual_add(tokens, spec.dim)
        steps = (
            Step("norm1", norm, reads=("x",), writes=("y",)),
            Step("attn", attention, reads=("y",), writes=("y",)),
            Step("attn_residual", add, reads=("x", "y"), writes=("x",)),
            Step("norm2", norm, reads=("x",), writes=("y",)),
            Step("ffn", mlp, reads=("y",), writes=("y",)),
            Step("ffn_residual", add, reads=("x", "y"), writes=("x",)),
        )
        return Forward(
            steps=steps, tensors=dict.fromkeys(("x", "y"), make.tensor(tokens, spec.dim))
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
            TokenEmbedding,
            tokens=self.tokens,
            num_embeddings=spec.vocab_size,
            dim=spec.dim,
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
