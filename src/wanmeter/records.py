"""Records from mappings that come from outside, strictly: nothing is missing, unknown or coerced."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from attrs import NOTHING, Attribute, AttrsInstance, asdict, fields

from wanmeter.errors import ConfigError, UnknownNameError, shown

_T = TypeVar("_T")

OPTIONAL = MappingProxyType({"optional": True})
"""Metadata of a field that few records need: it is written only where it differs from its default."""


def is_optional(attribute: "Attribute[Any]") -> bool:
    """Whether a field is `OPTIONAL`."""
    return bool(attribute.metadata.get("optional"))


def written(record: AttrsInstance) -> dict[str, Any]:
    """The fields of a record as it is written, without optional ones at their defaults."""

    def stated(attribute: "Attribute[Any]", value: Any) -> bool:
        return not is_optional(attribute) or value != attribute.default

    return asdict(record, filter=stated)


def build(cls: type[_T], values: Mapping[Any, Any], known: tuple[str, ...] = ()) -> _T:
    """An attrs record of `cls` from a mapping of its fields.

    Args:
        cls: the class. Errors call it by its `SECTION`, or by its name.
        values: its fields by name. Those with a default may be left out.
        known: the keys that an error lists; the fields if left out.

    Raises:
        ConfigError: a field without a default is missing.
        UnknownNameError: a key is not a field.
        InvalidValueError: from the class's own validators.
    """
    from cattrs.errors import ForbiddenExtraKeysError  # slow to import

    where = getattr(cls, "SECTION", cls.__name__)
    names = fields(cls)  # type: ignore[arg-type]
    for attribute in names:
        if attribute.default is NOTHING and attribute.name not in values:
            raise ConfigError(f"{where}.{attribute.name}", "missing")
    try:
        record: _T = _structure(cls)(values, cls)  # type: ignore[arg-type]
    except ForbiddenExtraKeysError as error:
        unknown = min(key if isinstance(key, str) else shown(key) for key in error.extra_fields)
        known = known or tuple(attribute.name for attribute in names)
        raise UnknownNameError(f"key in {where}", unknown, known) from error
    return record


@cache
def _structure(cls: Any) -> Callable[[Mapping[Any, Any], Any], Any]:
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn

    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    # By default cattrs turns "12" into 12 and 1.9 into 1. Values pass untouched instead: the class's own
    # validators refuse what is not exactly right.
    converter.register_structure_hook_func(lambda _: True, lambda value, _: value)
    for primitive in (int, bool, str, float):  # cattrs has hooks for these that go first
        converter.register_structure_hook(primitive, lambda value, _: value)
    return make_dict_structure_fn(cls, converter)
