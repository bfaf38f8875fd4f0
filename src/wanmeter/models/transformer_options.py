"""Options of a diffusion transformer of any family."""

from typing import ClassVar, Literal

from attrs import field, frozen
from attrs.validators import optional

from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.layers import Precision
from wanmeter.records import OPTIONAL
from wanmeter.validators import boolean, bounded_int, one_of

Scope = Literal["full", "core"]
TimeEmbedding = Literal["per_token", "per_sample"]


@frozen(kw_only=True)
class TransformerOptions:
    """The transformer's scope, switches and element sizes.

    `time_embedding` says whether each token has a time embedding of its own, in models that can have
    either; `None` means as in the official code. `scope` is `full` (the whole model) or `core`
    (self-attention and MLP only). `bits` is the size of an activation and `weight_bits` that of a stored
    parameter; both default to 16.
    """

    SECTION: ClassVar[str] = "transformer"
    PRECISION: ClassVar[Precision] = Precision()

    scope: Scope = field(default="full", validator=one_of(["full", "core"]))
    qk_norm: bool = field(default=True, validator=boolean)
    act_fn: str = field(default="GELUTanh", validator=one_of(ACTIVATION_OPS))
    time_embedding: TimeEmbedding | None = field(
        default=None, validator=optional(one_of(["per_token", "per_sample"])), metadata=OPTIONAL
    )
    bits: int | None = field(default=None, validator=optional(bounded_int))
    weight_bits: int | None = field(default=None, validator=optional(bounded_int))
