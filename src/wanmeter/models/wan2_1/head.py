"""The transformer's head."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.layers import Composite, Forward, ModulationTable, Precision, Primitives, Step
from wanmeter.layers.precision import BITS_16, is_precision
from wanmeter.validators import positive_int


@final
@frozen(kw_only=True)
class WanHead(Composite):
    """Modulated norm and projection: [batch_size, tokens, dim] -> [batch_size, tokens, out_features].

    The modulation is a learned table [2, dim] plus the time embedding [batch_size, dim].

    Source: Wan2.1 wan/modules/model.py, Head.forward.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    out_features: int = field(validator=positive_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make = Primitives(batch_size=self.batch_size, precision=self.precision)
        modulation = make(
            ModulationTable,
            vectors=2,
            dim=self.dim,
            shared=True,
        )
        norm = make.layer_norm(self.tokens, self.dim, affine=False, modulated=True)
        projection = make.linear(self.tokens, self.dim, self.out_features)
        steps = (
            Step("modulation", modulation, reads=("time",), writes=("shift", "scale")),
            Step("norm", norm, reads=("x", "shift", "scale"), writes=("y",)),
            Step("head", projection, reads=("y",)),
        )
        tensors = {
            "x": make.tensor(self.tokens, self.dim),
            "y": make.tensor(self.tokens, self.dim),
            **dict.fromkeys(("time", "shift", "scale"), make.tensor(self.dim)),
        }
        return Forward(steps=steps, tensors=tensors)
