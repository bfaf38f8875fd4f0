"""Normalisations over the last axis."""

from functools import cached_property
from typing import ClassVar, final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS
from wanmeter.cost import StageCost
from wanmeter.layers.base import Leaf, OperatorKind
from wanmeter.layers.operator import operator_cost
from wanmeter.validation import boolean, positive_int


@final
@frozen(kw_only=True)
class LayerNorm(Leaf):
    """Layer norm of x [batch_size, tokens, dim], with its weights or its modulation.

    `affine` multiplies by a learned weight [dim] and adds a learned bias [dim]. `modulated` computes
    `norm(x) (1 + scale) + shift` with scale and shift [batch_size, dim] as two further inputs, as one
    operator. Reads x, scale, shift and weights; writes y of x's shape.

    Source: torch.nn.LayerNorm; Wan2.1 wan/modules/model.py, WanAttentionBlock.forward.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    affine: bool = field(default=True, validator=boolean)
    modulated: bool = field(default=False, validator=boolean)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    kind: ClassVar[OperatorKind] = OperatorKind.NORMALIZATION

    @cached_property
    def cost(self) -> StageCost:
        """The formula above, by the operations in `VECTOR_OPS`."""
        elements = self.batch_size * self.tokens * self.dim
        vector = self.batch_size * self.dim
        ops = VECTOR_OPS.layer_norm
        if self.affine:
            ops += VECTOR_OPS.norm_weight + VECTOR_OPS.norm_bias
        if self.modulated:
            ops += VECTOR_OPS.modulation
        return operator_cost(
            vector_flops=ops * elements,
            inputs=[elements, vector, vector] if self.modulated else [elements],
            outputs=[elements],
            weights=[self.dim, self.dim] if self.affine else [],
            bits=self.bits,
            weight_bits=self.weight_bits,
        )


@final
@frozen(kw_only=True)
class RMSNorm(Leaf):
    """Root-mean-square norm of x [batch_size, tokens, dim], times a learned weight [dim].

    Reads x and the weight; writes y of x's shape.

    Source: Wan2.1 wan/modules/model.py, WanRMSNorm; torch.nn.RMSNorm.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    kind: ClassVar[OperatorKind] = OperatorKind.NORMALIZATION

    @cached_property
    def cost(self) -> StageCost:
        """The formula above, by the operations in `VECTOR_OPS`."""
        elements = self.batch_size * self.tokens * self.dim
        return operator_cost(
            vector_flops=(VECTOR_OPS.rms_norm + VECTOR_OPS.norm_weight) * elements,
            inputs=[elements],
            outputs=[elements],
            weights=[self.dim],
            bits=self.bits,
            weight_bits=self.weight_bits,
        )
