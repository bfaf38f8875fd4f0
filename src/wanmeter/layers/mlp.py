"""The multilayer perceptron."""

from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.layers.forward import Composite, Forward, Step
from wanmeter.layers.precision import BITS_16, Precision, is_precision
from wanmeter.layers.primitives import Primitives
from wanmeter.validators import boolean, one_of, positive_int


@final
@frozen(kw_only=True)
class Mlp(Composite):
    """Two projections and an activation: [batch_size, tokens, dim] -> [batch_size, tokens, out_dim].

    `down(act_fn(up(x)))`, or `down(act_fn(gate(x)) up(x))` if `gated`. `out_dim` defaults to `dim`. The
    caller keeps x if it is `borrowed`.

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
    precision: Precision = field(default=BITS_16, validator=is_precision)

    @out_dim.default
    def _same_as_dim(self) -> int:
        return self.dim

    @cached_property
    def forward(self) -> Forward:
        """One forward pass."""
        make = Primitives(batch_size=self.batch_size, precision=self.precision)
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
        tensors = {
            "x": make.tensor(self.tokens, self.dim),
            "h": make.tensor(self.tokens, self.ffn_dim),
            "gate": make.tensor(self.tokens, self.ffn_dim),
        }
        return Forward(steps=steps, tensors=tensors, borrowed=("x",) if self.borrowed else ())
