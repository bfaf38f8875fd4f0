"""Equal layers are made once and shared, so that their costs are computed once."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

from wanmeter.layers.base import Layer

_L = TypeVar("_L", bound=Layer)


class Interned:
    """Makes layers, or returns an equal one made before. Remembers the `most` recently used."""

    def __init__(self, most: int) -> None:
        """Start without layers."""
        self._made = lru_cache(maxsize=most, typed=True)(_make)

    def __call__(self, layer: Callable[..., _L], **fields: Any) -> _L:
        """A layer of this class with these fields."""
        try:
            return cast(_L, self._made(layer, **fields))
        except TypeError:  # symbols are not hashable
            return layer(**fields)


def _make(layer: Callable[..., Any], **fields: Any) -> Any:
    return layer(**fields)


interned = Interned(4096)
"""For the small layers, of which a run has hundreds."""
