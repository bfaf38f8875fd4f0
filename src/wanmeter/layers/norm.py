"""Normalisations over the last axis."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.conventions import VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.operator import Operator
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.validators import boolean, positive_int


@final
@frozen(kw_only=True)
class LayerNorm(Leaf):
    """Layer norm of x [batch_size, tokens, dim], optionally affine or modulated.

    `affine` multiplies by a learned weight [dim] and adds a learned bias [dim]. `modulated` computes
    `norm(x) (1 + scale) + shift` in the same operator; scale and shift are inputs [batch_size, dim], or
    with `per_token` of x's shape.
    Reads x, scale, shift and weights; writes y of x's shape.

    Source: torch.nn.LayerNorm; Wan2.1 wan/modules/model.py, WanAttentionBlock.forward.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    affine: bool = field(default=True, validator=boolean)
    modulated: bool = field(default=False, validator=boolean)
    per_token: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call; `VECTOR_OPS` gives the operations per element."""
        elements = self.batch_size * self.tokens * self.dim
        vector = elements if self.per_token else self.batch_size * self.dim
        ops = VECTOR_OPS.layer_norm
        if self.affine:
            ops += VECTOR_OPS.norm_weight + VECTOR_OPS.norm_bias
        if self.modulated:
            ops += VECTOR_OPS.modulation
        return Operator.of(
            OperatorKind.NORMALIZATION,
            self.precision,
            vector_flops=ops * elements,
            inputs=[elements, vector, vector] if self.modulated else [elements],
            outputs=[elements],
            weights=[self.dim, self.dim] if self.affine else [],
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
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call; `VECTOR_OPS` gives the operations per element."""
        elements = self.batch_size * self.tokens * self.dim
        return Operator.of(
            OperatorKind.NORMALIZATION,
            self.precision,
            vector_flops=(VECTOR_OPS.rms_norm + VECTOR_OPS.norm_weight) * elements,
            inputs=[elements],
            outputs=[elements],
            weights=[self.dim],
        )
