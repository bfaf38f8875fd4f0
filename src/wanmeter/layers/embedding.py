"""Embeddings that are not matrix multiplies: sinusoids, gathered rows, learned positions."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.arithmetic import peak
from wanmeter.conventions import VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.operator import Operator, Tensor
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.validators import boolean, even, positive_int


@final
@frozen(kw_only=True)
class SinusoidalEmbedding(Leaf):
    """Cosines and sines of positions: [batch_size, positions] -> [batch_size, positions, dim].

    The dim / 2 frequencies are constants. Reads the positions, writes the embedding.

    Source: Wan2.1 wan/modules/model.py, sinusoidal_embedding_1d.
    """

    batch_size: int = field(validator=positive_int)
    positions: int = field(default=1, validator=positive_int)
    dim: int = field(validator=[positive_int, even])
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call; `VECTOR_OPS` gives the operations per element."""
        positions = self.batch_size * self.positions
        return Operator.of(
            OperatorKind.EMBEDDING,
            self.precision,
            vector_flops=VECTOR_OPS.sinusoid * positions * (self.dim // 2),
            inputs=[positions],
            outputs=[positions * self.dim],
        )


TOKEN_ID_BITS = 64
"""Bits of a token id: callers of torch.nn.Embedding pass int64."""


@final
@frozen(kw_only=True)
class TokenEmbedding(Leaf):
    """Rows of a table [num_embeddings, dim] gathered by token ids [batch_size, tokens].

    Reads the ids (64 bits each) and one row per token, not the whole table; writes
    [batch_size, tokens, dim].

    Source: torch.nn.Embedding.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    num_embeddings: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call."""
        rows = self.batch_size * self.tokens
        return Operator.of(
            OperatorKind.EMBEDDING,
            self.precision,
            inputs=[Tensor(rows, TOKEN_ID_BITS)],
            outputs=[rows * self.dim],
            weights=[self.num_embeddings * self.dim],
            weights_read=[rows * self.dim],
        )


@final
@frozen(kw_only=True)
class PositionEmbedding(Leaf):
    """A learned table [tokens, dim] added to x [batch_size, tokens, dim].

    `class_token` first prepends a learned token [dim] to x, which then has `tokens - 1` tokens. Reads x
    and the weights; writes the sum.

    Source: Wan2.1 wan/modules/clip.py, VisionTransformer.forward, and model.py, MLPProj.emb_pos.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    class_token: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call; `VECTOR_OPS` gives the operations per element."""
        output = self.batch_size * self.tokens * self.dim
        prepended = self.batch_size * self.dim if self.class_token else 0
        table = self.tokens * self.dim
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            vector_flops=VECTOR_OPS.position * output,
            inputs=[output - prepended],
            outputs=[output],
            weights=[table, self.dim] if self.class_token else [table],
        )


@final
@frozen(kw_only=True)
class RelativePositionBias(Leaf):
    """A bias for every pair of tokens, [num_heads, tokens, tokens], from a table [num_buckets, num_heads].

    The bucket of each distance is a constant. Reads one row of the table for each of `2 tokens - 1`
    distances, but at most all rows; writes the bias, shared by all samples.

    Approximation: this is an upper bound on the rows read. Distances in one bucket share a row: at 512
    tokens, 31 of 32 rows are read.

    Source: Wan2.1 wan/modules/t5.py, T5RelativeEmbedding.
    """

    tokens: int = field(validator=positive_int)
    num_heads: int = field(validator=positive_int)
    num_buckets: int = field(validator=positive_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call."""
        distances = 2 * self.tokens - 1
        rows = self.num_buckets + distances - peak(self.num_buckets, distances)  # the smaller
        return Operator.of(
            OperatorKind.EMBEDDING,
            self.precision,
            outputs=[self.num_heads * self.tokens * self.tokens],
            weights=[self.num_buckets * self.num_heads],
            weights_read=[rows * self.num_heads],
        )
