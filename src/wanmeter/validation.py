"""attrs validators for counts and choices: exact types, no coercion, errors that name the field."""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import Attribute

from wanmeter.errors import InvalidValueError

Validator = Callable[[Any, "Attribute[Any]", Any], None]


def where(instance: object, attribute: "Attribute[Any]") -> str:
    """The dotted name of a field as its users know it: `workload.num_frames`, `Linear.bits`."""
    section = getattr(instance, "SECTION", type(instance).__name__)
    return f"{section}.{attribute.name}"


def is_int(value: object) -> bool:
    """Whether `value` is a plain int; `True` is not one."""
    return isinstance(value, int) and not isinstance(value, bool)


def non_negative_int(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but an int >= 0."""
    if not (is_int(value) and value >= 0):  # type: ignore[operator]
        raise InvalidValueError(where(instance, attribute), value, "a non-negative integer")


def positive_int(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but an int >= 1."""
    if not is_int(value):
        raise InvalidValueError(where(instance, attribute), value, "a positive integer")
    if value < 1:  # type: ignore[operator]
        raise InvalidValueError(where(instance, attribute), value, "a positive integer", (1,))


def boolean(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but `True` or `False`."""
    if not isinstance(value, bool):
        raise InvalidValueError(where(instance, attribute), value, "true or false")


def text(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise InvalidValueError(where(instance, attribute), value, "a name")


def one_of(choices: Iterable[str]) -> Validator:
    """Refuse anything but one of `choices`."""
    allowed = tuple(choices)

    def validate(instance: object, attribute: "Attribute[Any]", value: object) -> None:
        if value not in allowed:
            raise InvalidValueError(where(instance, attribute), value, ", ".join(allowed))

    return validate


def splits_evenly(other: str) -> Validator:
    """Refuse a number of heads that does not split the field named `other` into even widths."""

    def validate(instance: object, attribute: "Attribute[Any]", value: int) -> None:
        width = getattr(instance, other)
        if is_int(width) and width % (2 * value):
            allowed = f"a divisor of {other} / 2 = {width // 2}: rotary embedding turns pairs"
            raise InvalidValueError(where(instance, attribute), value, allowed)

    return validate


def arithmetic_progression(first: int, step: int, allowed: str) -> Validator:
    """Refuse anything but an int in `first, first + step, first + 2 step, ...`."""

    def validate(instance: object, attribute: "Attribute[Any]", value: Any) -> None:
        if not is_int(value):
            raise InvalidValueError(where(instance, attribute), value, allowed)
        if value < first:
            raise InvalidValueError(where(instance, attribute), value, allowed, (first,))
        below = value - (value - first) % step
        if value != below:
            raise InvalidValueError(
                where(instance, attribute), value, allowed, (below, below + step)
            )

    return validate


def divisor_of(other: str) -> Validator:
    """Refuse an int that does not divide the field named `other`."""

    def validate(instance: object, attribute: "Attribute[Any]", value: int) -> None:
        whole = getattr(instance, other)
        if is_int(whole) and whole % value:
            raise InvalidValueError(
                where(instance, attribute), value, f"a divisor of {other} = {whole}"
            )

    return validate
