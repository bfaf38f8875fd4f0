"""Equal layers are made once and shared, so that their costs are computed once."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


class Interned:
    """Makes objects, or returns an equal one made before. Remembers the `most` recently used."""

    def __init__(self, most: int) -> None:
        """Start without objects."""
        self._made = lru_cache(maxsize=most, typed=True)(_make)

    def __call__(self, made: Callable[..., _T], **fields: Any) -> _T:
        """What this class or function makes of these fields."""
        try:
            return cast(_T, self._made(made, **fields))
        except TypeError:  # symbols are not hashable
            return made(**fields)


def _make(made: Callable[..., Any], **fields: Any) -> Any:
    return made(**fields)


interned = Interned(4096)
"""For the small layers, of which a run has hundreds."""
