"""The families that there are, and which of them a model is of."""

from collections.abc import Collection
from typing import Any

from attrs import fields

from wanmeter.errors import InvalidValueError
from wanmeter.models.family import Family
from wanmeter.models.wan2_1 import WAN2_1, ModelSpec

FAMILIES: tuple[Family[Any], ...] = (WAN2_1,)

__all__ = ["FAMILIES", "ModelSpec", "family_of", "model_class"]


def model_class(keys: Collection[str]) -> type[Any]:
    """The class of models that has all these fields; of several, or of none, the first family's."""
    for family in FAMILIES:
        if set(keys) <= {field.name for field in fields(family.model)}:
            return family.model
    return FAMILIES[0].model


def family_of(model: object) -> Family[Any]:
    """The family of a model.

    Raises:
        InvalidValueError: it is no model of any.
    """
    for family in FAMILIES:
        if isinstance(model, family.model):
            return family
    raise InvalidValueError("model", model, "a ModelSpec")
