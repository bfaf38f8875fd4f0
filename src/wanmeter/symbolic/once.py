"""`Once`: values made on first use, once each, whichever threads ask."""

from collections.abc import Callable, Hashable
from threading import RLock
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

_MAKING = RLock()
"""Held while a value is made. One for all: making is work for the processor, of which Python uses one."""


class Once(Generic[_K, _V]):
    """Keeps the value of each key, and makes it when it is first asked for."""

    def __init__(self) -> None:
        """Start without values."""
        self._made: dict[_K, _V] = {}

    def __call__(self, key: _K, make: Callable[[], _V]) -> _V:
        """The value of a key, which `make` makes; other threads that ask meanwhile wait for it."""
        if key not in self._made:
            with _MAKING:
                if key not in self._made:
                    self._made[key] = make()
        return self._made[key]
