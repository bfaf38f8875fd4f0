"""One JSON configuration file: read strictly, and blamed by name."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from attrs import frozen

from wanmeter.errors import ConfigError, InvalidValueError

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
        try:
            if not path.is_file():
                raise ConfigError(str(path), "no such file")
            if path.stat().st_size > SIZE_LIMIT:
                raise ConfigError(str(path), "too large for a configuration file")
            values = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        except OSError as error:
            raise ConfigError(str(path), error.strerror or str(error)) from error
        except (ValueError, RecursionError) as error:
            raise ConfigError(str(path), f"not JSON: {error}") from error
        if not isinstance(values, dict):
            raise ConfigError(str(path), "not a JSON object")
        return cls(path, values)

    def __getitem__(self, key: str) -> Any:
        """The value of a key, which must be there."""
        if key not in self.values:
            self.blame(key, "missing")
        return self.values[key]

    def expect(self, key: str, *allowed: object) -> None:
        """Refuse a value that is not one of `allowed`; a key left out is its default."""
        given = self.values.get(key, allowed[0])
        if not any(type(given) is type(value) and given == value for value in allowed):
            self.blame(key, f"got {given!r}; allowed: {', '.join(map(repr, allowed))}")

    def positive_int(self, key: str) -> int:
        """The value of a key that must be an int >= 1."""
        value = self[key]
        if type(value) is not int or value < 1:
            self.blame(key, f"got {value!r}; allowed: a positive integer")
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


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")
