"""`LayerBackend`: the strategy that supplies the transformer's attention and MLP layers.

A backend is a record of three factories. Each takes a spec, the shapes of one forward pass, and the
number of passes (`steps`), and gives a layer whose cost covers them all.
"""

from collections.abc import Callable
from typing import Any

from attrs import Attribute, field, frozen

from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.errors import BackendError, InvalidValueError
from wanmeter.layers import Layer, walk
from wanmeter.validation import (
    boolean,
    divisor_of,
    non_negative_int,
    one_of,
    positive_int,
    text,
    where,
)


@frozen(kw_only=True)
class SelfAttentionSpec:
    """Self-attention on [batch_size, tokens, dim], rotary, with or without qk-norm."""

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=[positive_int, divisor_of("dim")])
    qk_norm: bool = field(default=True, validator=boolean)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)


@frozen(kw_only=True)
class CrossAttentionSpec:
    """Cross-attention from [batch_size, tokens, dim] to [batch_size, context_tokens, dim].

    With `image_tokens`, to [batch_size, image_tokens, dim] besides, with projections of its own.
    """

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    context_tokens: int = field(validator=positive_int)
    image_tokens: int = field(default=0, validator=non_negative_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=[positive_int, divisor_of("dim")])
    qk_norm: bool = field(default=True, validator=boolean)
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)


@frozen(kw_only=True)
class MlpSpec:
    """Two projections with an activation between: [batch_size, tokens, dim] -> ffn_dim -> dim."""

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    ffn_dim: int = field(validator=positive_int)
    act_fn: str = field(default="GELUTanh", validator=one_of(ACTIVATION_OPS))
    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)


def _callable(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    if not callable(value):
        raise InvalidValueError(where(instance, attribute), value, "a function of a spec and steps")


@frozen(kw_only=True)
class LayerBackend:
    """A named supplier of attention and MLP layers.

    Each factory is called with a spec and `steps`, and returns a `Layer` that covers `steps` calls,
    by wrapping it in `StepScaled` or by its own scaling. Use `supply_*` to call them: they check that.
    """

    name: str = field(validator=text)
    self_attention: Callable[[SelfAttentionSpec, int], Layer] = field(validator=_callable)
    cross_attention: Callable[[CrossAttentionSpec, int], Layer] = field(validator=_callable)
    mlp: Callable[[MlpSpec, int], Layer] = field(validator=_callable)

    def supply_self_attention(self, spec: SelfAttentionSpec, steps: int) -> Layer:
        """A self-attention layer for `steps` calls."""
        return self._checked("self_attention", self.self_attention(spec, steps), steps)

    def supply_cross_attention(self, spec: CrossAttentionSpec, steps: int) -> Layer:
        """A cross-attention layer for `steps` calls."""
        return self._checked("cross_attention", self.cross_attention(spec, steps), steps)

    def supply_mlp(self, spec: MlpSpec, steps: int) -> Layer:
        """An MLP layer for `steps` calls."""
        return self._checked("mlp", self.mlp(spec, steps), steps)

    def _checked(self, factory: str, layer: Layer, steps: int) -> Layer:
        if not isinstance(layer, Layer):
            raise BackendError(self.name, f"{factory} returned {layer!r}, not a Layer")
        if layer.calls != steps:
            raise BackendError(
                self.name,
                f"{factory} returned a layer for {layer.calls} call(s) where {steps} were asked for;"
                " wrap it in StepScaled(layer, steps)",
            )
        for path, part in [("", layer), *((visit.path, visit.layer) for visit in walk(layer))]:
            if bool(part.children) == (part.kind is not None):
                both = "parts and a kind" if part.children else "neither parts nor a kind"
                problem = f"{factory}: {path or type(part).__name__} has {both} of operator"
                raise BackendError(self.name, f"{problem}; it must have one of them")
            names = [child.name for child in part.children]
            if len(set(names)) < len(names):
                problem = f"{factory}: {path or type(part).__name__} has two parts of one name"
                raise BackendError(self.name, f"{problem}: {', '.join(names)}")
        return layer
