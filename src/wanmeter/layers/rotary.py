"""Rotary position embedding over a video's three axes."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.operator import Operator
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.validators import even, positive_int


@final
@frozen(kw_only=True)
class RotaryTable(Leaf):
    """The cosines and sines of every token of a (frames, height, width) grid: [tokens, head_dim].

    Half of head_dim holds cosines, half sines, gathered from one precomputed table per axis:
    `2 (head_dim // 6)` of head_dim belong to height, as many to width, the rest to frames. Reads the
    rows in use of the three tables; writes one row per token. Nothing is computed.

    Source: Wan2.1 wan/modules/model.py, WanModel.freqs and rope_apply; diffusers WanRotaryPosEmbed.
    """

    frames: int = field(validator=positive_int)
    height: int = field(validator=positive_int)
    width: int = field(validator=positive_int)
    head_dim: int = field(validator=[positive_int, even])
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call."""
        side = 2 * (self.head_dim // 6)
        return Operator.of(
            OperatorKind.EMBEDDING,
            self.precision,
            inputs=[
                self.frames * (self.head_dim - 2 * side),
                self.height * side,
                self.width * side,
            ],
            outputs=[self.frames * self.height * self.width * self.head_dim],
        )


@final
@frozen(kw_only=True)
class RotaryEmbedding(Leaf):
    """Rotates queries and keys by their tokens' angles.

    q [batch_size, tokens, num_heads, head_dim]; k [batch_size, tokens, num_kv_heads, head_dim]; the
    table [tokens, head_dim] is shared by samples and heads. Reads q, k and the table; writes new q and k.

    Source: Wan2.1 wan/modules/model.py, rope_apply.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    num_heads: int = field(validator=positive_int)
    num_kv_heads: int = field(validator=positive_int)
    head_dim: int = field(validator=[positive_int, even])
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call; `VECTOR_OPS` gives the operations per element."""
        query = self.batch_size * self.tokens * self.num_heads * self.head_dim
        key = self.batch_size * self.tokens * self.num_kv_heads * self.head_dim
        table = self.tokens * self.head_dim
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            vector_flops=VECTOR_OPS.rotary * (query + key),
            inputs=[query, key, table],
            outputs=[query, key],
        )
