"""The transformer's head."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.layers import Child, Composite, ModulationTable, Primitives, Step, dataflow
from wanmeter.validation import positive_int


@final
@frozen(kw_only=True)
class WanHead(Composite):
    """Modulated norm and projection: [batch_size, tokens, dim] -> [batch_size, tokens, out_features].

    The modulation, 2 x dim, is a learned table plus the time embedding [batch_size, dim].

    Source: Wan2.1 wan/modules/model.py, Head.forward.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    out_features: int = field(validator=positive_int)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        make = Primitives(batch_size=self.batch_size, bits=self.bits, weight_bits=self.weight_bits)
        modulation = ModulationTable(
            batch_size=self.batch_size,
            vectors=2,
            dim=self.dim,
            shared=True,
            bits=self.bits,
            weight_bits=self.weight_bits,
        )
        norm = make.layer_norm(self.tokens, self.dim, affine=False, modulated=True)
        projection = make.linear(self.tokens, self.dim, self.out_features)
        steps = (
            Step("modulation", modulation, reads=("time",), writes=("shift", "scale")),
            Step("norm", norm, reads=("x", "shift", "scale"), writes=("y",)),
            Step("head", projection, reads=("y",)),
        )
        sizes = {
            "x": make.bytes(self.tokens, self.dim),
            "y": make.bytes(self.tokens, self.dim),
            **dict.fromkeys(("time", "shift", "scale"), make.bytes(self.dim)),
        }
        return dataflow(steps, tensors=sizes)
