"""All families of models, and the family of a given model."""

from collections.abc import Collection
from typing import Any

from attrs import fields

from wanmeter.errors import InvalidValueError
from wanmeter.models.family import Family
from wanmeter.models.wan2_1 import WAN2_1, ModelSpec

FAMILIES: tuple[Family[Any], ...] = (WAN2_1,)

__all__ = ["FAMILIES", "ModelSpec", "family_of", "model_class"]


def model_class(keys: Collection[str]) -> type[Any]:
    """The first family's class of models that has all these fields; if none has, the first of all."""
    for family in FAMILIES:
        if set(keys) <= {field.name for field in fields(family.model)}:
            return family.model
    return FAMILIES[0].model


def family_of(model: object) -> Family[Any]:
    """The family of a model.

    Raises:
        InvalidValueError: it belongs to no family.
    """
    for family in FAMILIES:
        if isinstance(model, family.model):
            return family
    raise InvalidValueError("model", model, "a ModelSpec")
