"""attrs validators for counts and choices: nothing is rounded or parsed, and errors name the field."""

from collections.abc import Callable, Iterable
from operator import index
from typing import Any

from attrs import Attribute

from wanmeter.arithmetic import Symbolic
from wanmeter.errors import InvalidValueError

Validator = Callable[[Any, "Attribute[Any]", Any], None]


MAX_INT = 2**63 - 1
"""Largest integer in user input, so that numbers computed from it stay printable."""


def where(instance: object, attribute: "Attribute[Any]") -> str:
    """The dotted name of a field, as errors show it: `workload.num_frames`, `Linear.tokens`."""
    section = getattr(instance, "SECTION", type(instance).__name__)
    return f"{section}.{attribute.name}"


def is_int(value: object) -> bool:
    """Whether `value` is a plain int, not a `bool` or an `IntEnum` member."""
    return type(value) is int


def as_int(value: Any) -> Any:
    """The int that an integral number of another type equals, such as numpy's; anything else unchanged.

    That is what implements `__index__`, but for `bool`.
    """
    if type(value) is int or isinstance(value, bool):
        return value
    if getattr(value, "ndim", 0) or "bool" in str(getattr(value, "dtype", "")):
        return value  # an array, or another library's true
    try:
        return index(value)
    except TypeError:
        return value


def as_float(value: Any) -> Any:
    """The float that an int equals; anything else unchanged."""
    number = as_int(value)
    return float(number) if is_int(number) and abs(number) <= MAX_INT else value


def is_count(value: object) -> bool:
    """Whether `value` is a plain int or a symbolic count."""
    return type(value) is int or isinstance(value, Symbolic)


def _fitting(fits: Callable[[Any], object], allowed: str) -> Validator:
    """Refuse what does not fit. The name of the field is built only for an error."""

    def validate(instance: object, attribute: "Attribute[Any]", value: object) -> None:
        if not fits(value):
            raise InvalidValueError(where(instance, attribute), value, allowed)

    return validate


def _integer(allowed: str, least: int, most: int | None = None) -> Validator:
    """Refuse anything but an int in [least, most], or a symbolic count that is at least `least`."""

    def validate(instance: object, attribute: "Attribute[Any]", value: Any) -> None:
        if type(value) is int:  # the common case first
            if value >= least and (most is None or value <= most):
                return
        elif isinstance(value, Symbolic) and value >= least:  # type: ignore[operator]
            return
        elif is_int(number := as_int(value)):
            validate(instance, attribute, number)
            object.__setattr__(instance, attribute.name, number)  # what is stored is an int
            return
        nearest = (least,) if is_int(value) and value < least else ()
        bound = " below 2^63" if is_int(value) and not nearest else ""
        raise InvalidValueError(where(instance, attribute), value, f"{allowed}{bound}", nearest)

    return validate


positive_int = _integer("a positive integer", 1)
non_negative_int = _integer("a non-negative integer", 0)

# For user input.
bounded_int = _integer("a positive integer", 1, MAX_INT)
bounded_count = _integer("a non-negative integer", 0, MAX_INT)


def require_bool(name: str, value: object) -> None:
    """Refuse anything but `True` or `False`; errors call the argument `name`."""
    if not isinstance(value, bool):
        raise InvalidValueError(name, value, "true or false")


def require_instance(name: str, value: object, cls: type) -> None:
    """Refuse anything but a `cls`; errors call the argument `name`."""
    if not isinstance(value, cls):
        raise InvalidValueError(name, value, f"a {cls.__name__}")


def boolean(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but `True` or `False`. Every layer asks; one call is quicker than two."""
    if not isinstance(value, bool):
        require_bool(where(instance, attribute), value)


positive_number = _fitting(
    lambda value: type(value) is float and 0 < value <= MAX_INT, "a positive number"
)
fraction = _fitting(
    lambda value: type(value) is float and 0 < value < 1, "a number between 0 and 1"
)
text = _fitting(lambda value: type(value) is str and value and value.isprintable(), "a name")


def part_name(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but a name without `/`, which separates the names in a path."""
    text(instance, attribute, value)
    if "/" in value:  # type: ignore[operator]
        raise InvalidValueError(where(instance, attribute), value, "a name without /")


tuple_of_names = _fitting(
    lambda value: type(value) is tuple and not [item for item in value if type(item) is not str],
    "a tuple of names",
)


def one_of(choices: Iterable[str]) -> Validator:
    """Refuse anything but one of `choices`."""
    allowed = tuple(choices)
    return _fitting(lambda value: type(value) is str and value in allowed, ", ".join(allowed))


def splits_evenly(other: str) -> Validator:
    """Refuse a number of heads that does not split the field `other` into equal, even widths."""

    def validate(instance: object, attribute: "Attribute[Any]", value: int) -> None:
        width, value = getattr(instance, other), as_int(value)
        if is_count(width) and width % (2 * value):
            allowed = f"a divisor of {other} / 2 = {width // 2}: rotary embedding turns pairs"
            raise InvalidValueError(where(instance, attribute), value, allowed)

    return validate


def require_progression(name: str, value: int, *, first: int, step: int, allowed: str) -> None:
    """Refuse a value outside `first, first + step, first + 2 step, ...`; errors call it `name`."""
    if value < first:
        raise InvalidValueError(name, value, allowed, (first,))
    below = value - (value - first) % step
    if value != below:
        raise InvalidValueError(name, value, allowed, (below, below + step))


def divisor_of(other: str) -> Validator:
    """Refuse an int that does not divide the field `other`."""

    def validate(instance: object, attribute: "Attribute[Any]", value: int) -> None:
        whole, value = getattr(instance, other), as_int(value)
        if is_count(whole) and whole % value:
            raise InvalidValueError(
                where(instance, attribute), value, f"a divisor of {other} = {whole}"
            )

    return validate


def as_tuple(value: Any) -> Any:
    """Convert a list to a tuple, and integral numbers to ints; leave anything else to the validator."""
    return tuple(map(as_int, value)) if isinstance(value, list | tuple) else value


def tuple_of_ints(least: int, allowed: str) -> Validator:
    """Refuse anything but a tuple of ints in [least, MAX_INT]."""
    return _fitting(
        lambda value: (
            isinstance(value, tuple)
            and all(is_int(item) and least <= item <= MAX_INT for item in value)
        ),
        f"a list of {allowed} integers below 2^63",
    )


tuple_of_bools = _fitting(
    lambda value: isinstance(value, tuple) and all(isinstance(item, bool) for item in value),
    "a list of true and false",
)

_THREE_INTS = [int, int, int]


def three_positive_ints(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but (frames, height, width) as a tuple of ints or symbolic counts >= 1."""
    if type(value) is tuple and [type(item) for item in value] == _THREE_INTS and min(value) >= 1:
        return  # the common case first
    numbers = as_tuple(value)
    fits = isinstance(numbers, tuple) and all(is_count(item) and item >= 1 for item in numbers)
    if not fits or len(numbers) != 3:
        raise InvalidValueError(where(instance, attribute), value, "three positive integers")
    object.__setattr__(instance, attribute.name, numbers)


even = _fitting(lambda value: not as_int(value) % 2, "an even number")


def instance_of(cls: type) -> Validator:
    """Refuse anything but an instance of `cls`."""

    def validate(instance: object, attribute: "Attribute[Any]", value: object) -> None:
        if not isinstance(value, cls):  # the name is built only for an error
            require_instance(where(instance, attribute), value, cls)

    return validate


def function(argument: str) -> Validator:
    """Refuse anything that is not callable; errors call it a function of `argument`."""
    return _fitting(callable, f"a function of {argument}")
