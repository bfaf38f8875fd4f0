"""All families of models, and the family of a given model."""

from collections.abc import Collection
from typing import Any

from attrs import fields

from wanmeter.errors import InvalidValueError
from wanmeter.models.family import Family
from wanmeter.models.wan2_1 import WAN2_1, ModelSpec
from wanmeter.models.wan2_2 import WAN2_2, Wan22Spec

FAMILIES: tuple[Family[Any], ...] = (WAN2_1, WAN2_2)

AnyModel = ModelSpec | Wan22Spec
"""A model of any family."""

__all__ = ["FAMILIES", "AnyModel", "ModelSpec", "Wan22Spec", "family_of", "model_class"]


def model_class(keys: Collection[str]) -> type[Any]:
    """The family's class of models that lacks the fewest of these fields; of several the first."""

    def unknown(cls: type[Any]) -> int:
        return len(set(keys) - {field.name for field in fields(cls)})

    return min((family.model for family in FAMILIES), key=unknown)


def family_of(model: object) -> Family[Any]:
    """The family of a model.

    Raises:
        InvalidValueError: it belongs to no family.
    """
    for family in FAMILIES:
        if isinstance(model, family.model):
            return family
    allowed = " or a ".join(family.model.__name__ for family in FAMILIES)
    raise InvalidValueError("model", model, f"a {allowed}")
