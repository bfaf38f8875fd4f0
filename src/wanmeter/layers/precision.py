"""`Precision`: the element sizes of activations and of stored weights."""

from collections.abc import Mapping
from typing import Any

from attrs import Attribute, field, frozen

from wanmeter.conventions import OperatorKind
from wanmeter.errors import InvalidValueError
from wanmeter.validators import instance_of, positive_int


def _frozen_items(given: Mapping[OperatorKind, "Precision"]) -> Any:
    return (
        tuple(sorted(given.items(), key=lambda item: str(item[0])))
        if isinstance(given, Mapping)
        else given
    )


def _by_kind(_: object, attribute: "Attribute[Any]", value: object) -> None:
    kinds = isinstance(value, tuple) and all(
        isinstance(kind, OperatorKind) and isinstance(precision, Precision)
        for kind, precision in value
    )
    if not kinds:
        allowed = "a Precision for each of some kinds of operators"
        raise InvalidValueError(f"Precision.{attribute.name}", value, allowed)


@frozen(kw_only=True, cache_hash=True)
class Precision:
    """Element sizes in bits: `bits` per activation, `weight_bits` per stored parameter.

    `by_kind` overrides them by kind of operator: with `{OperatorKind.NORMALIZATION: Precision(bits=32)}`
    norms read and write 32-bit elements. Tensors held between operators always have `bits`.

    Raises:
        InvalidValueError: a size is not a positive int, or `by_kind` does not map kinds to precisions.
    """

    bits: int = field(default=16, validator=positive_int)
    weight_bits: int = field(default=16, validator=positive_int)
    by_kind: tuple[tuple[OperatorKind, "Precision"], ...] = field(
        default=(), converter=_frozen_items, validator=_by_kind
    )

    def of(self, kind: OperatorKind) -> "Precision":
        """The precision of one kind of operator."""
        for each, precision in self.by_kind:
            if each is kind:
                return precision
        return self


BITS_16 = Precision()
"""16-bit activations and weights, the default of all layers."""

is_precision = instance_of(Precision)
"""Refuse anything but a `Precision`."""
