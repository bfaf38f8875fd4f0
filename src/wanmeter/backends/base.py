"""`LayerBackend`: the strategy that supplies the transformer's attention and MLP layers.

A backend is a record of factories. Each takes a spec, the shapes of one forward pass, and gives a layer
for that pass. How often it runs is said around the outside, by whoever asked for it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import Attribute, field, frozen

from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.errors import BackendError, InvalidValueError
from wanmeter.layers import Layer, Precision, walk
from wanmeter.layers.precision import BITS_16, is_precision
from wanmeter.validators import (
    boolean,
    divisor_of,
    function,
    non_negative_int,
    one_of,
    positive_int,
    text,
)


@frozen(kw_only=True)
class SelfAttentionSpec:
    """Self-attention on [batch_size, tokens, dim], rotary, with or without qk-norm."""

    batch_size: int = field(validator=positive_int)
    tokens: int = field(validator=positive_int)
    dim: int = field(validator=positive_int)
    num_heads: int = field(validator=[positive_int, divisor_of("dim")])
    qk_norm: bool = field(default=True, validator=boolean)
    precision: Precision = field(default=BITS_16, validator=is_precision)


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


def _factories(_: object, attribute: "Attribute[Any]", value: object) -> None:
    functions = isinstance(value, Mapping) and all(map(callable, value.values()))
    own = (SelfAttentionSpec, CrossAttentionSpec, MlpSpec)
    if not functions or not all(isinstance(each, type) and each not in own for each in value):  # type: ignore[attr-defined]
        allowed = "a function of a spec by its class, other than the three that have a field"
        raise InvalidValueError(f"LayerBackend.{attribute.name}", value, allowed)


@frozen(kw_only=True)
class LayerBackend:
    """A named supplier of attention and MLP layers: a function of a spec for each.

    `more_layers` has those of further kinds of layers, by the class of their specs. Use `supply` to call
    them: it checks what they return.
    """

    name: str = field(validator=text)
    self_attention: Callable[[SelfAttentionSpec], Layer] = field(validator=function("a spec"))
    cross_attention: Callable[[CrossAttentionSpec], Layer] = field(validator=function("a spec"))
    mlp: Callable[[MlpSpec], Layer] = field(validator=function("a spec"))
    more_layers: Mapping[type, Callable[[Any], Layer]] = field(
        factory=dict, validator=_factories, hash=False
    )

    def supply(self, spec: object) -> Layer:
        """The layer for one forward pass that the backend makes of a spec.

        Raises:
            BackendError: no factory takes such a spec, or what it returned is no layer, covers more or
                less than one pass, or has a part that no report could show.
        """
        kind, factory = self._factory(type(spec))
        layer = factory(spec)
        if not isinstance(layer, Layer):
            raise BackendError(self.name, f"{kind} returned {layer!r}, not a Layer")
        if layer.calls != 1:
            problem = f"{kind} returned a layer for {layer.calls} calls; it must be for one pass"
            raise BackendError(self.name, problem)
        self._check_parts(kind, layer)
        return layer

    def _factory(self, spec: type) -> tuple[str, Callable[[Any], Layer]]:
        factories: dict[type, tuple[str, Callable[[Any], Layer]]] = {
            SelfAttentionSpec: ("self_attention", self.self_attention),
            CrossAttentionSpec: ("cross_attention", self.cross_attention),
            MlpSpec: ("mlp", self.mlp),
            **{each: (each.__name__, factory) for each, factory in self.more_layers.items()},
        }
        if spec not in factories:
            raise BackendError(self.name, f"makes no layer of a {spec.__name__}; see more_layers")
        return factories[spec]

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
