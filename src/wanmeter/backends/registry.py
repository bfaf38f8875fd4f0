"""Backends by name: the built-in ones, and those that installed packages register."""

from collections import Counter
from typing import TYPE_CHECKING

from wanmeter.backends.base import LayerBackend
from wanmeter.backends.shared import SHARED
from wanmeter.backends.wan2_1 import WAN2_1
from wanmeter.errors import BackendError, UnknownNameError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "wanmeter.backends"
"""The entry-point group in which packages register `LayerBackend` objects by name."""

BUILT_IN = (SHARED, WAN2_1)

PACKAGED = tuple(backend.name for backend in BUILT_IN)
"""Names of the backends that come with wanmeter. Their numbers must agree."""


def backend_names() -> tuple[str, ...]:
    """The names of all known backends, sorted; nothing is loaded.

    Raises:
        BackendError: two backends have the same name.
    """
    names = [backend.name for backend in BUILT_IN] + [entry.name for entry in _entries()]
    for name, count in Counter(names).items():
        if count > 1:
            raise BackendError(name, f"{count} backends are registered under this name")
    return tuple(sorted(names))


def get_backend(backend: str | LayerBackend) -> LayerBackend:
    """The backend of that name; a `LayerBackend` object is returned as it is.

    Entry points are searched only for names that are not built in, because the search is slow.

    Raises:
        UnknownNameError: no backend has that name; the error lists the known ones.
        BackendError: two registered backends have it, or the object cannot be loaded, is not a
            `LayerBackend`, or has the name of a packaged backend.
    """
    if isinstance(backend, LayerBackend):
        return _own_name(backend)
    named = type(backend) is str
    for built_in in BUILT_IN:
        if named and built_in.name == backend:
            return built_in
    if not named or backend not in backend_names():
        raise UnknownNameError("layer_impl", backend, backend_names())
    return _load(next(entry for entry in _entries() if entry.name == backend))


def _entries() -> tuple["EntryPoint", ...]:
    from importlib.metadata import entry_points  # slow to import

    # A distribution that is on sys.path twice counts once.
    return tuple(dict.fromkeys(entry_points(group=ENTRY_POINT_GROUP)))


def _load(entry: "EntryPoint") -> LayerBackend:
    try:
        loaded = entry.load()
    except Exception as error:  # a third party's import may raise anything
        raise BackendError(entry.name, f"cannot load {entry.value}: {error}") from error
    if not isinstance(loaded, LayerBackend):
        raise BackendError(entry.name, f"{entry.value} is {loaded!r}, not a LayerBackend")
    return _own_name(loaded)


def _own_name(backend: LayerBackend) -> LayerBackend:
    """Refuse a third party's backend with a packaged name: its numbers would pass for the packaged ones."""
    if backend.name in PACKAGED and backend not in BUILT_IN:
        problem = "another backend than the packaged one of this name; give it a name of its own"
        raise BackendError(backend.name, problem)
    return backend
