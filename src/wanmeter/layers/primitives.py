"""A factory for the primitives of one composite, which share batch and element sizes."""

from attrs import frozen

from wanmeter.arithmetic import tensor_bytes
from wanmeter.layers.attention_core import AttentionCore
from wanmeter.layers.elementwise import Activation, ResidualAdd
from wanmeter.layers.linear import Linear
from wanmeter.layers.norm import LayerNorm, RMSNorm


@frozen(kw_only=True)
class Primitives:
    """Builds primitives for `batch_size` samples, `bits`-bit activations and `weight_bits`-bit weights."""

    batch_size: int
    bits: int
    weight_bits: int

    def bytes(self, *shape: int) -> int:
        """Bytes of one activation tensor [batch_size, *shape]."""
        elements = self.batch_size
        for size in shape:
            elements = elements * size
        return tensor_bytes(elements, self.bits)

    def linear(
        self, tokens: int, in_features: int, out_features: int, *, bias: bool = True
    ) -> Linear:
        """A linear layer on [batch_size, tokens, in_features]."""
        return Linear(
            batch_size=self.batch_size,
            tokens=tokens,
            in_features=in_features,
            out_features=out_features,
            bias=bias,
            bits=self.bits,
            weight_bits=self.weight_bits,
        )

    def layer_norm(
        self, tokens: int, dim: int, *, affine: bool = True, modulated: bool = False
    ) -> LayerNorm:
        """A layer norm on [batch_size, tokens, dim]."""
        return LayerNorm(
            batch_size=self.batch_size,
            tokens=tokens,
            dim=dim,
            affine=affine,
            modulated=modulated,
            bits=self.bits,
            weight_bits=self.weight_bits,
        )

    def rms_norm(self, tokens: int, dim: int) -> RMSNorm:
        """A root-mean-square norm on [batch_size, tokens, dim]."""
        return RMSNorm(
            batch_size=self.batch_size,
            tokens=tokens,
            dim=dim,
            bits=self.bits,
            weight_bits=self.weight_bits,
        )

    def activation(self, tokens: int, dim: int, act_fn: str, *, gated: bool = False) -> Activation:
        """An activation on [batch_size, tokens, dim]."""
        return Activation(
            batch_size=self.batch_size,
            tokens=tokens,
            dim=dim,
            act_fn=act_fn,
            gated=gated,
            bits=self.bits,
        )

    def residual_add(
        self, tokens: int, dim: int, *, gated: bool = False, scaled: bool = False
    ) -> ResidualAdd:
        """A residual add on [batch_size, tokens, dim]."""
        return ResidualAdd(
            batch_size=self.batch_size,
            tokens=tokens,
            dim=dim,
            gated=gated,
            scaled=scaled,
            bits=self.bits,
        )

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
        return AttentionCore(
            batch_size=self.batch_size,
            tokens=tokens,
            context_tokens=context_tokens,
            num_heads=num_heads,
            num_kv_heads=num_kv_heads,
            head_dim=head_dim,
            biased=biased,
            scaled=scaled,
            bits=self.bits,
        )
