"""Element-wise operators: activations, residual adds, modulation, copies."""

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
    """`y = act_fn(x)`, or `act_fn(gate) x` if `gated`; x, gate and y are [batch_size, tokens, dim].

    Reads x (and gate); writes y. The product with the gate is one vector operation per element.

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
        """The operator of one call; `ACTIVATION_OPS` gives the operations per element."""
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
    """`x + y`, or `x + y gate` if `gated`; x and y [batch_size, tokens, dim], gate [batch_size, dim].

    `per_token` gives each token a gate of its own. `scaled` multiplies y by one number. Reads x, y and the
    gate; writes the sum.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.forward; scaled: vace_model.py,
    BaseWanAttentionBlock.forward.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    gated: bool = field(default=False, validator=boolean)
    per_token: bool = field(default=False, validator=boolean)
    scaled: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call; `VECTOR_OPS` gives the operations per element."""
        elements = self.batch_size * self.tokens * self.dim
        gate = elements if self.per_token else self.batch_size * self.dim
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
    """Adds a learned table [vectors, dim] to a time embedding, giving `vectors` tensors [batch_size, dim].

    The embedding is [batch_size, vectors, dim], or [batch_size, dim] if all vectors share it
    (`shared`). With an embedding per token, both have an axis of `tokens` more. Reads the embedding and
    the table; writes each shift, scale and gate as a tensor.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.modulation (6 vectors) and Head.modulation (2,
    shared).
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(default=1, validator=positive_int)
    vectors: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    shared: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call; `VECTOR_OPS` gives the operations per element."""
        vector = self.batch_size * self.tokens * self.dim
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
    """Copies `elements` elements to another memory layout: read once, written once, nothing computed.

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

    Source: Wan2.1 wan/modules/vae.py, where latents are scaled and pixels are clamped.
    """

    elements: int = field(validator=positive_int)
    ops: int = field(validator=non_negative_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def operator(self) -> Operator:
        """The operator of one call."""
        return Operator.of(
            OperatorKind.ELEMENTWISE,
            self.precision,
            vector_flops=self.ops * self.elements,
            inputs=[self.elements],
            outputs=[self.elements],
        )
