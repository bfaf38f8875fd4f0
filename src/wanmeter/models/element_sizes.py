"""The element sizes of a component: configured, or else its defaults."""

from typing import ClassVar, Protocol, TypeVar

from attrs import evolve

from wanmeter.layers import Precision


class Sized(Protocol):
    """A component with optional element sizes."""

    PRECISION: ClassVar[Precision]
    """The default element sizes."""

    @property
    def bits(self) -> int | None:
        """Bits per activation; None for the default."""

    @property
    def weight_bits(self) -> int | None:
        """Bits per stored parameter; None for the default."""


_S = TypeVar("_S", bound=Sized)


def precision_of(component: Sized) -> Precision:
    """A component's element sizes, with defaults filled in."""
    default = component.PRECISION
    bits = default.bits if component.bits is None else component.bits
    weight_bits = default.weight_bits if component.weight_bits is None else component.weight_bits
    return evolve(default, bits=bits, weight_bits=weight_bits)


def resolved(component: _S) -> _S:
    """The component with its element sizes filled in."""
    sizes = precision_of(component)
    return evolve(component, bits=sizes.bits, weight_bits=sizes.weight_bits)  # type: ignore[misc]
