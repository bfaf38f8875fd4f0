"""One JSON configuration file of a model: the keys that it may have, read strictly.

A key that is not known may change what the model costs, so it is refused. The same keys say what to write.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from attrs import field, frozen

from wanmeter.errors import ConfigError, InvalidValueError, shown
from wanmeter.json_input import read_object
from wanmeter.records import build

MAX_BYTES = 2**20
"""Largest file that is read, in bytes. Published ones have a few hundred."""

_T = TypeVar("_T")


@frozen(kw_only=True)
class Key:
    """A key that a file may have, and what it does.

    Attributes:
        default: its value in a file without it, which is that of the class that loads the file.
        allowed: the values that are modelled, where there are few.
        gives: the field of the spec that it gives.
        read: what else a reader makes of it, in words. A key with nothing of these changes no cost.
    """

    default: Any = None
    allowed: tuple[object, ...] | None = None
    gives: str | None = None
    read: str | None = None


def gives(name: str, default: object) -> Key:
    """A key that gives a field."""
    return Key(default=default, gives=name)


def only(*values: object) -> Key:
    """A key with the values that are modelled; the first is the default."""
    return Key(default=values[0], allowed=values)


def uncounted(*names: str) -> dict[str, Key]:
    """Keys that change nothing that is counted, whatever their values."""
    return dict.fromkeys(names, Key())


def config_of(spec: object, keys: Mapping[str, Key]) -> dict[str, Any]:
    """The keys that give fields of a spec, with its values: what `ConfigFile.build` would read."""
    values = {name: getattr(spec, key.gives) for name, key in keys.items() if key.gives}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


@frozen
class ConfigFile:
    """A configuration file whose keys are all known.

    Raises (all methods): ConfigError, naming the file and the key.
    """

    path: Path
    keys: Mapping[str, Key]
    values: Mapping[str, Any] = field(repr=False)
    """The value of each key; the default of one that the file does not have."""

    @classmethod
    def read(cls, path: Path, keys: Mapping[str, Key]) -> "ConfigFile":
        """Read a JSON object with these keys, or some of them."""
        return cls._checked(path, keys, _object(path))

    @classmethod
    def read_class(cls, path: Path, classes: Mapping[str, Mapping[str, Key]]) -> "ConfigFile":
        """Read a JSON object whose `_class_name` is one of these, with the keys of that class."""
        given = _object(path)
        name = given.get("_class_name")
        if not isinstance(name, str) or name not in classes:
            allowed = ", ".join(map(repr, classes))
            problem = f"got {shown(name)}; allowed: {allowed}" if name else "missing"
            raise ConfigError(f"{path}: _class_name", problem)
        return cls._checked(path, {**classes[name], "_class_name": only(name)}, given)

    @classmethod
    def _checked(
        cls, path: Path, keys: Mapping[str, Key], given: Mapping[str, Any]
    ) -> "ConfigFile":
        file = cls(path, keys, {name: key.default for name, key in keys.items()} | dict(given))
        for name in given:
            if name not in keys:
                file.blame(name, "not a key that is modelled; it may change what the model costs")
        for name, key in keys.items():
            if key.allowed is not None:
                file.expect(name, *key.allowed)
        return file

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def expect(self, key: str, *allowed: object) -> None:
        """Refuse a value that is not one of `allowed`."""
        # As JSON, 1, 1.0 and true differ, however deep in a list.
        if json.dumps(self[key]) not in map(json.dumps, allowed):
            expected = ", ".join(map(repr, allowed))
            self.blame(key, f"got {shown(self[key])}; allowed: {expected}")

    def positive_int(self, key: str) -> int:
        """The value of a key that must be an int >= 1."""
        value = self[key]
        if type(value) is not int or value < 1:
            self.blame(key, f"got {shown(value)}; allowed: a positive integer")
        return int(value)

    def build(self, cls: type[_T], **known: object) -> _T:
        """A spec: each field from the key that gives it, the rest as `known`."""
        names = {key.gives: name for name, key in self.keys.items() if key.gives}
        given = {each: self[name] for each, name in names.items()}
        try:
            return build(cls, {**given, **known})
        except InvalidValueError as error:
            raise ConfigError(
                f"{self.path}: {names.get(error.key, error.key)}", error.problem
            ) from error

    def blame(self, key: str, problem: str) -> NoReturn:
        """Raise an error about a key of this file."""
        raise ConfigError(f"{self.path}: {key}", problem)


def _object(path: Path) -> dict[str, Any]:
    return read_object(path, limit=MAX_BYTES, blame=ConfigError)
