"""`LayerBackend`: the supplier of the transformer's attention and MLP layers.

A backend is a record of factories. Each takes a spec (the shapes of one forward pass) and returns a layer
for that pass. The caller decides how often the layer runs.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import Attribute, field, frozen

from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.errors import BackendError, ClosedFormError, InvalidValueError
from wanmeter.layers import Layer, Precision, walk
from wanmeter.layers.precision import BITS_16, is_precision
from wanmeter.validators import (
    as_tuple,
    boolean,
    divisor_of,
    function,
    non_negative_int,
    one_of,
    positive_int,
    text,
    where,
)


@frozen(kw_only=True)
class SelfAttentionSpec:
    """Rotary self-attention on x [batch_size, tokens, dim], with or without qk-norm."""

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=[positive_int, divisor_of("dim")])
    qk_norm: bool = field(default=True, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)


@frozen(kw_only=True)
class CrossAttentionSpec:
    """Cross-attention from x [batch_size, tokens, dim] to a context [batch_size, context_tokens, dim].

    With `image_tokens`, also to images [batch_size, image_tokens, dim], with separate projections.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    context_tokens: int = field(validator=positive_int)
    image_tokens: int = field(default=0, validator=non_negative_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=[positive_int, divisor_of("dim")])
    qk_norm: bool = field(default=True, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)


@frozen(kw_only=True)
class MlpSpec:
    """Two projections with an activation between: [batch_size, tokens, dim] -> ffn_dim -> dim."""

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    ffn_dim: int = field(validator=positive_int)
    act_fn: str = field(default="GELUTanh", validator=one_of(ACTIVATION_OPS))
    precision: Precision = field(default=BITS_16, validator=is_precision)


FACTORIES: Mapping[type, str] = MappingProxyType(
    {SelfAttentionSpec: "self_attention", CrossAttentionSpec: "cross_attention", MlpSpec: "mlp"}
)
"""Which factory takes which spec."""

ROWS = ("self_attn", "cross_attn", "ffn")
"""What the layers are called in a block, as in Wan2.1's code."""


def _in_a_block(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    paths = value if isinstance(value, tuple) else (None,)
    if any(not isinstance(path, str) or path.partition("/")[0] not in ROWS for path in paths):
        allowed = f"a list of {', '.join(ROWS)}, or of their parts, such as self_attn/core"
        raise InvalidValueError(where(instance, attribute), value, allowed)


@frozen(kw_only=True)
class LayerBackend:
    """A named set of functions that make attention and MLP layers from specs.

    Call them through `supply`, which checks the result.

    `changes` are the parts that mean to differ from the real model's, by their paths in a block: `ffn`,
    `self_attn/core`. They are not verified; all others are.
    """

    name: str = field(validator=text)
    self_attention: Callable[[SelfAttentionSpec], Layer] = field(validator=function("a spec"))
    cross_attention: Callable[[CrossAttentionSpec], Layer] = field(validator=function("a spec"))
    mlp: Callable[[MlpSpec], Layer] = field(validator=function("a spec"))
    changes: tuple[str, ...] = field(default=(), converter=as_tuple, validator=_in_a_block)

    def supply(self, spec: SelfAttentionSpec | CrossAttentionSpec | MlpSpec) -> Layer:
        """The backend's layer for a spec, for one forward pass.

        Raises:
            BackendError: the result is not a `Layer`, does not cover exactly one pass, has a part with
                both or neither of parts and an operator, or has two parts of one name.
            ClosedFormError: the spec is symbolic, and the function leaves the arithmetic of formulas.
        """
        kind = FACTORIES[type(spec)]
        try:
            return self._checked(kind, getattr(self, kind)(spec))
        except ClosedFormError as error:
            raise ClosedFormError(f"{self.name}, {kind}: {error.problem}") from error

    def _checked(self, kind: str, layer: object) -> Layer:
        if not isinstance(layer, Layer):
            raise BackendError(self.name, f"{kind} returned {layer!r}, not a Layer")
        if layer.calls != 1:
            problem = f"{kind} returned a layer for {layer.calls} calls; it must be for one pass"
            raise BackendError(self.name, problem)
        self._check_parts(kind, layer)
        return layer

    def _check_parts(self, kind: str, layer: Layer) -> None:
        for path, part in [("", layer), *((visit.path, visit.layer) for visit in walk(layer))]:
            where = f"{kind}: {path or type(part).__name__}"
            if bool(part.children) == bool(part.invocations):
                both = "parts and an operator" if part.children else "neither parts nor an operator"
                raise BackendError(self.name, f"{where} has {both}; it must have one of them")
            names = [child.name for child in part.children]
            if len(set(names)) < len(names):
                raise BackendError(
                    self.name, f"{where} has two parts of one name: {', '.join(names)}"
                )
