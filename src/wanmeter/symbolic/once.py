"""`Once`: values made on first use, once each, whichever threads ask."""

from collections.abc import Callable, Hashable
from threading import RLock
from typing import Any, Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

_MAKING = RLock()
"""Held while a value is made. One for all: making is work for the processor, of which Python uses one."""

_MISSING: Any = object()


class Once(Generic[_K, _V]):
    """Keeps the value of each key, or of the `most` newest ones, and makes it when it is first asked for."""

    def __init__(self, most: int | None = None) -> None:
        """Start without values."""
        self._made: dict[_K, _V] = {}
        self._most = most

    def __call__(self, key: _K, make: Callable[[], _V]) -> _V:
        """The value of a key, which `make` makes; other threads that ask meanwhile wait for it."""
        value: _V = self._made.get(key, _MISSING)
        if value is _MISSING:
            with _MAKING:
                value = self._found(key, make)
        return value

    def _found(self, key: _K, make: Callable[[], _V]) -> _V:
        if key in self._made:  # another thread was first
            return self._made[key]
        value = self._made[key] = make()
        if self._most is not None and len(self._made) > self._most:
            del self._made[next(iter(self._made))]
        return value
