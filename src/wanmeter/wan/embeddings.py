"""The embeddings of the time and of images."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.layers import (
    Child,
    Composite,
    Mlp,
    PositionEmbedding,
    Primitives,
    SinusoidalEmbedding,
    Step,
    dataflow,
)
from wanmeter.validation import boolean, positive_int


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

    @cached_property
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

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        make = Primitives(batch_size=self.batch_size, bits=self.bits, weight_bits=self.weight_bits)
        steps = (
            Step("act", make.activation(1, self.dim, "SiLU"), reads=("time",), writes=("h",)),
            Step("linear", make.linear(1, self.dim, 6 * self.dim), reads=("h",)),
        )
        sizes = {"time": make.bytes(self.dim), "h": make.bytes(self.dim)}
        return dataflow(steps, tensors=sizes, borrowed=("time",))


@final
@frozen(kw_only=True)
class ImageEmbedding(Composite):
    """Image features [batch_size, tokens, image_dim], which the caller keeps, -> [batch_size, tokens, dim].

    Norm, MLP and norm; with `positions` a learned position is added first.

    Source: Wan2.1 wan/modules/model.py, MLPProj.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    image_dim: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    positions: bool = field(default=False, validator=boolean)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        make = Primitives(batch_size=self.batch_size, bits=self.bits, weight_bits=self.weight_bits)
        add = PositionEmbedding(
            batch_size=self.batch_size,
            tokens=self.tokens,
            dim=self.image_dim,
            bits=self.bits,
            weight_bits=self.weight_bits,
        )
        mlp = Mlp(
            batch_size=self.batch_size,
            tokens=self.tokens,
            dim=self.image_dim,
            ffn_dim=self.image_dim,
            out_dim=self.dim,
            act_fn="GELUExact",
            bits=self.bits,
            weight_bits=self.weight_bits,
        )
        norm1 = make.layer_norm(self.tokens, self.image_dim)
        norm2 = make.layer_norm(self.tokens, self.dim)
        positions = Step("position_embedding", add, reads=("features",), writes=("x",))
        steps = (
            *((positions,) if self.positions else ()),
            Step("norm1", norm1, reads=("x" if self.positions else "features",), writes=("x",)),
            Step("mlp", mlp, reads=("x",), writes=("y",)),
            Step("norm2", norm2, reads=("y",)),
        )
        sizes = dict.fromkeys(("features", "x"), make.bytes(self.tokens, self.image_dim))
        sizes["y"] = make.bytes(self.tokens, self.dim)
        return dataflow(steps, tensors=sizes, borrowed=("features",))
