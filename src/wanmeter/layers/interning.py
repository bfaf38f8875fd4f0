"""Equal layers are made once: they are values, and what follows from one is then found once, too."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

from wanmeter.layers.base import Layer

_L = TypeVar("_L", bound=Layer)


class Interned:
    """Makes layers; for fields that it has seen, it gives the layer again. Remembers the last `most`."""

    def __init__(self, most: int) -> None:
        """Nothing is made yet."""
        self._made = lru_cache(maxsize=most, typed=True)(_make)

    def __call__(self, layer: Callable[..., _L], **fields: Any) -> _L:
        """A layer of the given class, with these fields."""
        try:
            return cast(_L, self._made(layer, **fields))
        except TypeError:  # symbols have no hash
            return layer(**fields)


def _make(layer: Callable[..., Any], **fields: Any) -> Any:
    return layer(**fields)


interned = Interned(4096)
"""For layers of one operator, of which a run has hundreds."""
