"""Figures of a device, each with the source that a reader can open, or with the reason why there is none."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from attrs import field, fields, frozen

from wanmeter.errors import ConfigError, InvalidValueError
from wanmeter.records import build
from wanmeter.validators import as_float, fraction, positive_number, text

ASSUMED = "ASSUMED"
"""How the source of a figure begins that nobody reported."""

FITTED = "FITTED"
"""How the source of a figure begins that was chosen so that whole runs come out right."""

Origin = Literal["published", "assumed", "fitted"]
"""Where a figure is from. What `calibrate` measures is published in the file that it writes."""


def origin(source: str) -> Origin:
    """What the source of a figure says of it."""
    if source.startswith(ASSUMED):
        return "assumed"
    return "fitted" if source.startswith(FITTED) else "published"


@frozen(kw_only=True)
class Figure:
    """A figure of a datasheet, in SI units, and its source."""

    value: float = field(converter=as_float, validator=positive_number)
    source: str = field(validator=text)

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return origin(self.source)


@frozen(kw_only=True)
class Rate:
    """What a device sustains, in FLOPs or bytes a second; one sigma of its relative error; its source."""

    value: float = field(converter=as_float, validator=positive_number)
    relative_sigma: float = field(converter=as_float, validator=fraction)
    source: str = field(validator=text)

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return origin(self.source)


_T = TypeVar("_T")


def figure(where: str, cls: type[_T], values: Any) -> _T:
    """A figure of `cls` from its fields, or one that is built already; errors say `where` it stands.

    Raises:
        ConfigError: a field is missing.
        UnknownNameError: a key is not a field.
        InvalidValueError: a value that is not allowed.
    """
    if isinstance(values, cls):
        return values
    if not isinstance(values, Mapping):
        names = ", ".join(each.name for each in fields(cls))  # type: ignore[arg-type]
        raise InvalidValueError(where, values, f"a mapping of {names}")
    try:
        return build(cls, values)
    except ConfigError as error:
        raise ConfigError(f"{where}.{error.where.rpartition('.')[2]}", error.problem) from error
    except InvalidValueError as error:
        key = f"{where}.{error.key}"
        raise InvalidValueError(key, error.given, error.allowed, error.nearest) from error
