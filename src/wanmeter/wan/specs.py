"""What a Wan2.1 model is: its dimensions, and how its transformer is read."""

from typing import ClassVar, Literal

from attrs import field, frozen

from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.validation import boolean, one_of, positive_int, splits_evenly, text

Scope = Literal["full", "core"]


@frozen(kw_only=True)
class ModelSpec:
    """The dimensions of one variant, and its default number of steps.

    Source: Wan2.1 wan/configs and wan/modules/model.py, WanModel; defaults: generate.py.
    """

    SECTION: ClassVar[str] = "model"

    name: str = field(validator=text)
    dim: int = field(validator=positive_int)
    ffn_dim: int = field(validator=positive_int)
    num_heads: int = field(validator=[positive_int, splits_evenly("dim")])
    num_layers: int = field(validator=positive_int)
    in_dim: int = field(default=16, validator=positive_int)
    out_dim: int = field(default=16, validator=positive_int)
    freq_dim: int = field(default=256, validator=positive_int)
    text_dim: int = field(default=4096, validator=positive_int)
    num_inference_steps: int = field(default=50, validator=positive_int)

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.dim // self.num_heads


@frozen(kw_only=True)
class TransformerOptions:
    """How the transformer is read: its scope, its switches and its element sizes.

    `scope` is `full` (the model as it is) or `core` (self-attention and MLP only). `bits` sizes
    activations, `weight_bits` parameters as stored.
    """

    SECTION: ClassVar[str] = "transformer"

    scope: Scope = field(default="full", validator=one_of(["full", "core"]))
    qk_norm: bool = field(default=True, validator=boolean)
    act_fn: str = field(default="GELUTanh", validator=one_of(ACTIVATION_OPS))
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)
