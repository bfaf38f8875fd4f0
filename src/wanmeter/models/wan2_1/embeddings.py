"""The time and image embeddings."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.layers import (
    Composite,
    Forward,
    Mlp,
    PositionEmbedding,
    Precision,
    Primitives,
    SinusoidalEmbedding,
    Step,
)
from wanmeter.layers.precision import BITS_16, is_precision
from wanmeter.validators import boolean, positive_int


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
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make = Primitives(batch_size=self.batch_size, precision=self.precision)
        sinusoid = make(SinusoidalEmbedding, dim=self.freq_dim)
        mlp = make(
            Mlp,
            tokens=1,
            dim=self.freq_dim,
            ffn_dim=self.dim,
            out_dim=self.dim,
            act_fn="SiLU",
        )
        steps = (
            Step("sinusoid", sinusoid, reads=("timestep",), writes=("sinusoids",)),
            Step("mlp", mlp, reads=("sinusoids",)),
        )
        tensors = {"timestep": make.tensor(), "sinusoids": make.tensor(self.freq_dim)}
        return Forward(steps=steps, tensors=tensors, borrowed=("timestep",))


@final
@frozen(kw_only=True)
class TimeProjection(Composite):
    """The time embedding [batch_size, dim] -> [batch_size, 6, dim]: SiLU and a linear layer.

    The caller keeps the embedding.

    Source: Wan2.1 wan/modules/model.py, WanModel.time_projection.
    """

    batch_size: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make = Primitives(batch_size=self.batch_size, precision=self.precision)
        steps = (
            Step("act", make.activation(1, self.dim, "SiLU"), reads=("time",), writes=("h",)),
            Step("linear", make.linear(1, self.dim, 6 * self.dim), reads=("h",)),
        )
        tensors = {"time": make.tensor(self.dim), "h": make.tensor(self.dim)}
        return Forward(steps=steps, tensors=tensors, borrowed=("time",))


@final
@frozen(kw_only=True)
class ImageEmbedding(Composite):
    """Image features [batch_size, tokens, image_dim] -> [batch_size, tokens, dim]: norm, MLP and norm.

    `positions` adds a learned position first. The caller keeps the features.

    Source: Wan2.1 wan/modules/model.py, MLPProj.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    image_dim: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    positions: bool = field(default=False, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make = Primitives(batch_size=self.batch_size, precision=self.precision)
        add = make(
            PositionEmbedding,
            tokens=self.tokens,
            dim=self.image_dim,
        )
        mlp = make(
            Mlp,
            tokens=self.tokens,
            dim=self.image_dim,
            ffn_dim=self.image_dim,
            out_dim=self.dim,
            act_fn="GELUExact",
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
        tensors = dict.fromkeys(("features", "x"), make.tensor(self.tokens, self.image_dim))
        tensors["y"] = make.tensor(self.tokens, self.dim)
        return Forward(steps=steps, tensors=tensors, borrowed=("features",))
