"""The time embedding and its projection."""

from typing import final

from attrs import field, frozen

from wanmeter.layers import (
    Child,
    Composite,
    Mlp,
    Primitives,
    SinusoidalEmbedding,
    Step,
    dataflow,
)
from wanmeter.validation import positive_int


@final
@frozen(kw_only=True)
class TimeEmbedding(Composite):
    """Timesteps [batch_size] -> [batch_size, dim]: sinusoids of width `freq_dim`, then an MLP with SiLU.

    The caller keeps the timesteps.

    Source: Wan2.1 wan/modules/model.py, WanModel.time_embedding.
    """

    batch_size: int = field(validator=positive_int)
    freq_dim: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    @property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        make = Primitives(batch_size=self.batch_size, bits=self.bits, weight_bits=self.weight_bits)
        sinusoid = SinusoidalEmbedding(
            batch_size=self.batch_size, dim=self.freq_dim, bits=self.bits
        )
        mlp = Mlp(
            batch_size=self.batch_size,
            tokens=1,
            dim=self.freq_dim,
            ffn_dim=self.dim,
            out_dim=self.dim,
            act_fn="SiLU",
            bits=self.bits,
            weight_bits=self.weight_bits,
        )
        steps = (
            Step("sinusoid", sinusoid, reads=("timestep",), writes=("sinusoids",)),
            Step("mlp", mlp, reads=("sinusoids",)),
        )
        sizes = {"timestep": make.bytes(), "sinusoids": make.bytes(self.freq_dim)}
        return dataflow(steps, tensors=sizes, borrowed=("timestep",))


@final
@frozen(kw_only=True)
class TimeProjection(Composite):
    """The time embedding [batch_size, dim], which the caller keeps, -> [batch_size, 6, dim].

    Source: Wan2.1 wan/modules/model.py, WanModel.time_projection.
    """

    batch_size: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    @property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        make = Primitives(batch_size=self.batch_size, bits=self.bits, weight_bits=self.weight_bits)
        steps = (
            Step("act", make.activation(1, self.dim, "SiLU"), reads=("time",), writes=("h",)),
            Step("linear", make.linear(1, self.dim, 6 * self.dim), reads=("h",)),
        )
        sizes = {"time": make.bytes(self.dim), "h": make.bytes(self.dim)}
        return dataflow(steps, tensors=sizes, borrowed=("time",))
