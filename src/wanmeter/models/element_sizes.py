"""The element sizes of a component: those that its configuration gives, else its own defaults."""

from typing import ClassVar, Protocol, TypeVar

from attrs import evolve

from wanmeter.layers import Precision


class Sized(Protocol):
    """A component of which `bits` and `weight_bits` may be given."""

    PRECISION: ClassVar[Precision]
    """What they are where they are not given."""

    @property
    def bits(self) -> int | None:
        """Bits of an activation."""

    @property
    def weight_bits(self) -> int | None:
        """Bits of a parameter as stored."""


_S = TypeVar("_S", bound=Sized)


def precision_of(component: Sized) -> Precision:
    """The element sizes that a component has."""
    default = component.PRECISION
    bits = default.bits if component.bits is None else component.bits
    weight_bits = default.weight_bits if component.weight_bits is None else component.weight_bits
    return evolve(default, bits=bits, weight_bits=weight_bits)


def resolved(component: _S) -> _S:
    """The same component, its element sizes said."""
    sizes = precision_of(component)
    return evolve(component, bits=sizes.bits, weight_bits=sizes.weight_bits)  # type: ignore[misc]
