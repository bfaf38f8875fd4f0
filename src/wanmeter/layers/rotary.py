"""Rotary position embedding over a video's three axes."""

from functools import cached_property
from typing import ClassVar, final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS
from wanmeter.cost import StageCost
from wanmeter.layers.base import Leaf, OperatorKind
from wanmeter.layers.operator import operator_cost
from wanmeter.validation import even, positive_int


@final
@frozen(kw_only=True)
class RotaryTable(Leaf):
    """The cosines and sines of every token of a (frames, height, width) grid: [tokens, head_dim].

    Half of head_dim are cosines, half sines. They are gathered from one precomputed table an axis:
    of head_dim, `2 (head_dim // 6)` go to height, as many to width, the rest to frames. Reads the rows
    in use of the three tables; writes one row a token. Nothing is computed.

    Source: Wan2.1 wan/modules/model.py, WanModel.freqs and rope_apply; diffusers WanRotaryPosEmbed.
    """

    frames: int = field(validator=positive_int)
    height: int = field(validator=positive_int)
    width: int = field(validator=positive_int)
    head_dim: int = field(validator=[positive_int, even])
    bits: int = field(default=16, validator=positive_int)

    kind: ClassVar[OperatorKind] = OperatorKind.EMBEDDING

    @cached_property
    def cost(self) -> StageCost:
        """The formula above."""
        side = 2 * (self.head_dim // 6)
        return operator_cost(
            inputs=[
                self.frames * (self.head_dim - 2 * side),
                self.height * side,
                self.width * side,
            ],
            outputs=[self.frames * self.height * self.width * self.head_dim],
            bits=self.bits,
        )


@final
@frozen(kw_only=True)
class RotaryEmbedding(Leaf):
    """Queries and keys rotated by their tokens' angles.

    q [batch_size, tokens, num_heads, head_dim], k [batch_size, tokens, num_kv_heads, head_dim], table
    [tokens, head_dim], shared by samples and heads. Reads q, k and the table; writes q and k anew.

    Source: Wan2.1 wan/modules/model.py, rope_apply.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    num_heads: int = field(validator=positive_int)
    num_kv_heads: int = field(validator=positive_int)
    head_dim: int = field(validator=[positive_int, even])
    bits: int = field(default=16, validator=positive_int)

    kind: ClassVar[OperatorKind] = OperatorKind.ELEMENTWISE

    @cached_property
    def cost(self) -> StageCost:
        """The formula above, by the operations in `VECTOR_OPS`."""
        query = self.batch_size * self.tokens * self.num_heads * self.head_dim
        key = self.batch_size * self.tokens * self.num_kv_heads * self.head_dim
        table = self.tokens * self.head_dim
        return operator_cost(
            vector_flops=VECTOR_OPS.rotary * (query + key),
            inputs=[query, key, table],
            outputs=[query, key],
            bits=self.bits,
        )
