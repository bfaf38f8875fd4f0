"""Embeddings that are not matrix multiplies."""

from typing import ClassVar, final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS
from wanmeter.cost import StageCost
from wanmeter.layers.base import Leaf, OperatorKind
from wanmeter.layers.operator import operator_cost
from wanmeter.validation import positive_int


@final
@frozen(kw_only=True)
class SinusoidalEmbedding(Leaf):
    """Cosines and sines of a position: [batch_size] -> [batch_size, dim].

    The dim / 2 frequencies are constants. Reads the positions, writes the embedding.

    Source: Wan2.1 wan/modules/model.py, sinusoidal_embedding_1d.
    """

    batch_size: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    bits: int = field(default=16, validator=positive_int)

    kind: ClassVar[OperatorKind] = OperatorKind.EMBEDDING

    @property
    def cost(self) -> StageCost:
        """The formula above, by the operations in `VECTOR_OPS`."""
        elements = self.batch_size * self.dim
        return operator_cost(
            vector_flops=VECTOR_OPS.sinusoid * elements,
            inputs=[self.batch_size],
            outputs=[elements],
            bits=self.bits,
        )
