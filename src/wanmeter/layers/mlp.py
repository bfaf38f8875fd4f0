"""The multilayer perceptron."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.layers.base import Child, Composite
from wanmeter.layers.dataflow import Step, dataflow
from wanmeter.layers.primitives import Primitives
from wanmeter.validation import boolean, one_of, positive_int


@final
@frozen(kw_only=True)
class Mlp(Composite):
    """Two projections and an activation: [batch_size, tokens, dim] -> [batch_size, tokens, out_dim].

    `down(act_fn(up(x)))`, or `down(act_fn(gate(x)) up(x))` where `gated`. `out_dim` is `dim` unless
    given. The caller keeps x where it is `borrowed`.

    Parts: up_proj, gate_proj (if gated), act, down_proj.

    Source: Wan2.1 wan/modules/model.py, WanAttentionBlock.ffn and WanModel.text_embedding; gated:
    transformers UMT5DenseGatedActDense.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    ffn_dim: int = field(validator=positive_int)
    out_dim: int = field(validator=positive_int)
    act_fn: str = field(default="GELUTanh", validator=one_of(ACTIVATION_OPS))
    use_bias: bool = field(default=True, validator=boolean)
    gated: bool = field(default=False, validator=boolean)
    borrowed: bool = field(default=False, validator=boolean)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)

    @out_dim.default
    def _same_as_dim(self) -> int:
        return self.dim

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The forward pass, step by step."""
        make = Primitives(batch_size=self.batch_size, bits=self.bits, weight_bits=self.weight_bits)
        up = make.linear(self.tokens, self.dim, self.ffn_dim, bias=self.use_bias)
        down = make.linear(self.tokens, self.ffn_dim, self.out_dim, bias=self.use_bias)
        act = make.activation(self.tokens, self.ffn_dim, self.act_fn, gated=self.gated)
        steps = [Step("up_proj", up, reads=("x",), writes=("h",))]
        if self.gated:
            steps += [
                Step("gate_proj", up, reads=("x",), writes=("gate",)),
                Step("act", act, reads=("h", "gate"), writes=("h",)),
            ]
        else:
            steps += [Step("act", act, reads=("h",), writes=("h",))]
        steps += [Step("down_proj", down, reads=("h",))]
        sizes = {
            "x": make.bytes(self.tokens, self.dim),
            "h": make.bytes(self.tokens, self.ffn_dim),
            "gate": make.bytes(self.tokens, self.ffn_dim),
        }
        return dataflow(steps, tensors=sizes, borrowed=("x",) if self.borrowed else ())
