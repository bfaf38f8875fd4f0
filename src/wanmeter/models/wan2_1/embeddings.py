"""The time and image embeddings."""

from functools import cached_property
from typing import final

from attrs import frozen

from wanmeter.layers import Composite, Forward, Mlp, PositionEmbedding, SinusoidalEmbedding, Step
from wanmeter.models.wan2_1.layer_factory import LayerFactory


@final
@frozen
class TimeEmbedding(Composite):
    """Timesteps [batch_size] -> [batch_size, dim]: sinusoids of width `freq_dim`, then an MLP with SiLU.

    Per token, timesteps are [batch_size, tokens]. The caller keeps them.

    Source: Wan2.1 wan/modules/model.py, WanModel.time_embedding.
    """

    factory: LayerFactory

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make, model = self.factory.make, self.factory.model
        tokens = self.factory.time_tokens
        sinusoid = make(SinusoidalEmbedding, positions=tokens, dim=model.freq_dim)
        mlp = make(
            Mlp,
            tokens=tokens,
            dim=model.freq_dim,
            ffn_dim=model.dim,
            out_dim=model.dim,
            act_fn="SiLU",
        )
        steps = (
            Step("sinusoid", sinusoid, reads=("timestep",), writes=("sinusoids",)),
            Step("mlp", mlp, reads=("sinusoids",)),
        )
        tensors = {
            "timestep": make.tensor(tokens),
            "sinusoids": make.tensor(tokens, model.freq_dim),
        }
        return Forward(steps=steps, tensors=tensors, borrowed=("timestep",))


@final
@frozen
class TimeProjection(Composite):
    """The time embedding [batch_size, dim] -> [batch_size, 6, dim]: SiLU and a linear layer.

    Per token, the embedding is [batch_size, tokens, dim]. The caller keeps it.

    Source: Wan2.1 wan/modules/model.py, WanModel.time_projection.
    """

    factory: LayerFactory

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make, dim = self.factory.make, self.factory.model.dim
        tokens = self.factory.time_tokens
        steps = (
            Step("act", make.activation(tokens, dim, "SiLU"), reads=("time",), writes=("h",)),
            Step("linear", make.linear(tokens, dim, 6 * dim), reads=("h",)),
        )
        tensors = dict.fromkeys(("time", "h"), make.tensor(tokens, dim))
        return Forward(steps=steps, tensors=tensors, borrowed=("time",))


@final
@frozen
class ImageEmbedding(Composite):
    """Image features [batch_size, image_tokens, image_dim] -> [..., dim]: norm, MLP and norm.

    Several images get a learned position first. The caller keeps the features.

    Source: Wan2.1 wan/modules/model.py, MLPProj.
    """

    factory: LayerFactory

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make, model, tokens = self.factory.make, self.factory.model, self.factory.image_tokens
        several = model.num_images > 1
        add = make(PositionEmbedding, tokens=tokens, dim=model.image_dim)
        mlp = make(
            Mlp,
            tokens=tokens,
            dim=model.image_dim,
            ffn_dim=model.image_dim,
            out_dim=model.dim,
            act_fn="GELUExact",
        )
        norm1 = make.layer_norm(tokens, model.image_dim)
        norm2 = make.layer_norm(tokens, model.dim)
        positions = Step("position_embedding", add, reads=("features",), writes=("x",))
        steps = (
            *((positions,) if several else ()),
            Step("norm1", norm1, reads=("x" if several else "features",), writes=("x",)),
            Step("mlp", mlp, reads=("x",), writes=("y",)),
            Step("norm2", norm2, reads=("y",)),
        )
        tensors = dict.fromkeys(("features", "x"), make.tensor(tokens, model.image_dim))
        tensors["y"] = make.tensor(tokens, model.dim)
        return Forward(steps=steps, tensors=tensors, borrowed=("features",))
