"""The element sizes of a component: configured, or else its defaults."""

from typing import TypeVar

from attrs import evolve

from wanmeter.layers import Precision
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.transformer_options import TransformerOptions

Component = TextEncoderSpec | ImageEncoderSpec | TransformerOptions | VaeSpec

_C = TypeVar("_C", bound=Component)


def precision_of(component: Component) -> Precision:
    """A component's element sizes, with defaults filled in."""
    default = component.PRECISION
    bits = default.bits if component.bits is None else component.bits
    weight_bits = default.weight_bits if component.weight_bits is None else component.weight_bits
    return evolve(default, bits=bits, weight_bits=weight_bits)


def resolved(component: _C) -> _C:
    """The component with its element sizes filled in."""
    sizes = precision_of(component)
    return evolve(component, bits=sizes.bits, weight_bits=sizes.weight_bits)
