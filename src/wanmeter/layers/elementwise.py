"""Operators that touch each element: activations, residual adds, modulation, copies."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.conventions import ACTIVATION_OPS, VECTOR_OPS, OperatorKind
from wanmeter.layers.base import Leaf
from wanmeter.layers.operator import Operator
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.validators import boolean, non_negative_int, one_of, positive_int


@final
@frozen(kw_only=True)
class Activation(Leaf):
    """`act_fn(x)`, or `act_fn(gate) x` where `gated`; x, gate and the result [batch_size, tokens, dim].

    Reads x (and gate), writes the result. The gate's product is one operation an element.

    Source: torch.nn.GELU, torch.nn.SiLU, torch.nn.ReLU.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    act_fn: str = field(validator=one_of(ACTIVATION_OPS))
    gated: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The formula above, by the operations in `ACTIVATION_OPS`."""
        elements = self.batch_size * self.tokens * self.dim
        ops = ACTIVATION_OPS[self.act_fn] + (VECTOR_OPS.gate if self.gated else 0)
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            vector_flops=ops * elements,
            inputs=[elements, elements] if self.gated else [elements],
            outputs=[elements],
        )


@final
@frozen(kw_only=True)
class ResidualAdd(Leaf):
    """`x + y`, or `x + y gate` where `gated`; x and y [batch_size, tokens, dim], gate [batch_size, dim].

    Where `scaled`, y is multiplied by one number. Reads x, y and the gate; writes the sum.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.forward; scaled: vace_model.py,
    BaseWanAttentionBlock.forward.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    gated: bool = field(default=False, validator=boolean)
    scaled: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The formula above, by the operations in `VECTOR_OPS`."""
        elements = self.batch_size * self.tokens * self.dim
        gate = self.batch_size * self.dim
        ops = VECTOR_OPS.residual + VECTOR_OPS.gate * (self.gated + self.scaled)
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            vector_flops=ops * elements,
            inputs=[elements, elements, gate] if self.gated else [elements, elements],
            outputs=[elements],
        )


@final
@frozen(kw_only=True)
class ModulationTable(Leaf):
    """A learned table [vectors, dim] added to an embedding of the time, giving `vectors` of [batch_size, dim].

    The embedding is [batch_size, vectors, dim], or [batch_size, dim] where it is `shared` by all
    vectors. Reads it and the table; writes the shifts, scales and gates as tensors of their own.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.modulation (6 vectors) and Head.modulation (2, shared).
    """

    batch_size: int = field(validator=positive_int)
    vectors: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    shared: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The formula above, by the operations in `VECTOR_OPS`."""
        vector = self.batch_size * self.dim
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            vector_flops=VECTOR_OPS.modulation_table * self.vectors * vector,
            inputs=[vector if self.shared else self.vectors * vector],
            outputs=[vector] * self.vectors,
            weights=[self.vectors * self.dim],
        )


@final
@frozen(kw_only=True)
class Rearrange(Leaf):
    """A change of memory layout of `elements` elements: read once, written once, nothing computed.

    Source: Wan2.1 wan/modules/model.py, WanModel.unpatchify.
    """

    elements: int = field(validator=positive_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """A read and a write."""
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            inputs=[self.elements],
            outputs=[self.elements],
        )


@final
@frozen(kw_only=True)
class Pointwise(Leaf):
    """`ops` vector operations on each of `elements` elements: read once, written once.

    Source: Wan2.1 wan/modules/vae.py, the scaling of latents and the clamping of pixels.
    """

    elements: int = field(validator=positive_int)
    ops: int = field(validator=non_negative_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The formula above."""
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            vector_flops=self.ops * self.elements,
            inputs=[self.elements],
            outputs=[self.elements],
        )
