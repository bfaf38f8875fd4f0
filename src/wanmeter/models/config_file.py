"""One JSON configuration file: read strictly, and blamed by name."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from attrs import frozen

from wanmeter.errors import ConfigError, InvalidValueError, shown
from wanmeter.json_input import read_object

SIZE_LIMIT = 2**20
"""Bytes. Published configurations have a few hundred; anything larger is something else."""

_T = TypeVar("_T")


@frozen
class ConfigFile:
    """The keys and values of a configuration file.

    Raises (all methods): ConfigError, naming the file and the key.
    """

    path: Path
    values: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "ConfigFile":
        """Read a JSON object."""
        values = read_object(path, limit=SIZE_LIMIT, blame=ConfigError)
        return cls(path, values)

    def __getitem__(self, key: str) -> Any:
        """The value of a key, which must be there."""
        if key not in self.values:
            self.blame(key, "missing")
        return self.values[key]

    def expect(self, key: str, *allowed: object) -> None:
        """Refuse a value that is not one of `allowed`; the key must be there."""
        self._check(key, self[key], allowed)

    def default(self, key: str, *allowed: object) -> None:
        """Refuse a value that is not one of `allowed`; a key left out is the first of them."""
        self._check(key, self.values.get(key, allowed[0]), allowed)

    def _check(self, key: str, given: object, allowed: tuple[object, ...]) -> None:
        # As JSON, 1, 1.0 and true differ, however deep in a list.
        if json.dumps(given) not in map(json.dumps, allowed):
            self.blame(key, f"got {shown(given)}; allowed: {', '.join(map(repr, allowed))}")

    def positive_int(self, key: str) -> int:
        """The value of a key that must be an int >= 1."""
        value = self[key]
        if type(value) is not int or value < 1:
            self.blame(key, f"got {shown(value)}; allowed: a positive integer")
        return int(value)

    def build(self, cls: Callable[..., _T], keys: Mapping[str, str], **known: object) -> _T:
        """A spec from this file: `keys` says which key each field comes from; `known` are the rest."""
        given = {name: self[key] for name, key in keys.items()}
        try:
            return cls(**given, **known)
        except InvalidValueError as error:
            name = error.where.rpartition(".")[2]
            message = str(error).removeprefix(f"{error.where}: ")
            raise ConfigError(f"{self.path}: {keys.get(name, name)}", message) from error

    def blame(self, key: str, problem: str) -> NoReturn:
        """Raise an error about a key of this file."""
        raise ConfigError(f"{self.path}: {key}", problem)
