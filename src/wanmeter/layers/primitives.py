"""A factory for the layers of one composite, which share batch size and precision."""

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import frozen

from wanmeter.layers.attention_core import AttentionCore
from wanmeter.layers.base import Layer
from wanmeter.layers.elementwise import Activation, ResidualAdd
from wanmeter.layers.interning import interned
from wanmeter.layers.linear import Linear
from wanmeter.layers.norm import LayerNorm, RMSNorm
from wanmeter.layers.operator import Tensor
from wanmeter.layers.precision import Precision

_L = TypeVar("_L", bound=Layer)


@frozen(kw_only=True)
class Primitives:
    """Makes layers for `batch_size` samples in one `precision`.

    `make(Conv3d, in_channels=16, ...)` makes any layer that has these two fields. Common layers have a
    method: `make.linear(tokens, in_features, out_features)`.
    """

    batch_size: int
    precision: Precision

    def __call__(self, layer: Callable[..., _L], **shape: Any) -> _L:
        """A layer of this class and shape."""
        return interned(layer, batch_size=self.batch_size, precision=self.precision, **shape)

    def tensor(self, *shape: int) -> Tensor:
        """An activation [batch_size, *shape]."""
        elements = self.batch_size
        for size in shape:
            elements = elements * size
        return Tensor(elements, self.precision.bits)

    def linear(
        self, tokens: int, in_features: int, out_features: int, *, bias: bool = True
    ) -> Linear:
        """A linear layer on [batch_size, tokens, in_features]."""
        return self(
            Linear, tokens=tokens, in_features=in_features, out_features=out_features, bias=bias
        )

    def layer_norm(
        self,
        tokens: int,
        dim: int,
        *,
        affine: bool = True,
        modulated: bool = False,
        per_token: bool = False,
    ) -> LayerNorm:
        """A layer norm on [batch_size, tokens, dim]."""
        modulation = {"modulated": modulated, "per_token": per_token}
        return self(LayerNorm, tokens=tokens, dim=dim, affine=affine, **modulation)

    def rms_norm(self, tokens: int, dim: int) -> RMSNorm:
        """A root-mean-square norm on [batch_size, tokens, dim]."""
        return self(RMSNorm, tokens=tokens, dim=dim)

    def activation(self, tokens: int, dim: int, act_fn: str, *, gated: bool = False) -> Activation:
        """An activation on [batch_size, tokens, dim]."""
        return self(Activation, tokens=tokens, dim=dim, act_fn=act_fn, gated=gated)

    def residual_add(
        self,
        tokens: int,
        dim: int,
        *,
        gated: bool = False,
        per_token: bool = False,
        scaled: bool = False,
    ) -> ResidualAdd:
        """A residual add on [batch_size, tokens, dim]."""
        gate = {"gated": gated, "per_token": per_token, "scaled": scaled}
        return self(ResidualAdd, tokens=tokens, dim=dim, **gate)

    def attention_core(
        self,
        tokens: int,
        context_tokens: int,
        num_heads: int,
        num_kv_heads: int,
        head_dim: int,
        *,
        biased: bool = False,
        scaled: bool = True,
    ) -> AttentionCore:
        """An attention core of `tokens` queries over `context_tokens` keys."""
        return self(
            AttentionCore,
            tokens=tokens,
            context_tokens=context_tokens,
            num_heads=num_heads,
            num_kv_heads=num_kv_heads,
            head_dim=head_dim,
            biased=biased,
            scaled=scaled,
        )
