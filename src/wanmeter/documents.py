"""Writes JSON documents and reads them back; errors name the place in the document."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import fields, frozen

from wanmeter.errors import DocumentError, InvalidValueError, shown
from wanmeter.json_input import parse_object, read_object
from wanmeter.records import build

SIZE_LIMIT = 2**23
"""Largest document accepted, in bytes: parsing takes many times the size. Typical ones have ten thousand."""

_T = TypeVar("_T")


@frozen
class Part:
    """A piece of a document, and its place in it."""

    where: str
    value: Any

    def __getitem__(self, key: str | int) -> "Part":
        place = f"{self.where}: {key}" if isinstance(key, str) else f"{self.where}[{key}]"
        return Part(place, self.value[key])

    def with_keys(self, *keys: str) -> "Part":
        """This piece, which must be an object with exactly these keys."""
        if not isinstance(self.value, dict):
            raise DocumentError(self.where, "not a JSON object")
        for key in keys:
            if key not in self.value:
                raise DocumentError(self.where, f"{key!r} is missing")
        for key in self.value:
            if key not in keys:
                raise DocumentError(self.where, f"unknown key {shown(key)}")
        return self

    def build(self, cls: type[_T], **known: Any) -> _T:
        """A `cls` with this piece's keys as fields; `known` replaces some of the values."""
        names = [attribute.name for attribute in fields(cls)]  # type: ignore[arg-type]
        values = self.with_keys(*names).value
        try:
            return build(cls, {**values, **known})
        except InvalidValueError as error:
            raise DocumentError(f"{self.where}: {error.key}", error.problem) from error

    def entries(self) -> tuple["Part", ...]:
        """The entries of this piece, which must be a list."""
        if not isinstance(self.value, list):
            raise DocumentError(self.where, "not a list")
        return tuple(self[i] for i in range(len(self.value)))


def read_document(path: Path, what: str, schema: str) -> Part:
    """Read a document of this schema from a file; errors call it a `what`.

    Raises:
        DocumentError: the file cannot be read, or has another schema.
    """
    values = read_object(path, limit=SIZE_LIMIT, blame=DocumentError)
    return _of_schema(Part(str(path), values), what, schema)


def parse_document(text: str | bytes, where: str, what: str, schema: str) -> Part:
    """Parse a document of this schema; errors say that it is from `where`."""
    values = parse_object(text, where=where, limit=SIZE_LIMIT, blame=DocumentError)
    return _of_schema(Part(where, values), what, schema)


def _of_schema(document: Part, what: str, schema: str) -> Part:
    given = document.value.get("schema", "none")
    if given != schema:
        raise DocumentError(document.where, f"not a {what}: schema {shown(given)}, not {schema!r}")
    return document


def written(document: Mapping[str, Any]) -> str:
    """A document as JSON text: the same values give the same bytes. A row of a table is one line."""
    return f"{_indented(document, '')}\n"


def _indented(value: Any, indent: str) -> str:
    deeper = f"{indent}  "
    if isinstance(value, Mapping):
        lines = [f"{json.dumps(key)}: {_indented(each, deeper)}" for key, each in value.items()]
        first, last = "{", "}"
    elif isinstance(value, list | tuple):
        lines = [json.dumps(each) if _is_row(each) else _indented(each, deeper) for each in value]
        first, last = "[", "]"
    else:
        return json.dumps(value)
    if not lines:
        return first + last
    body = ",\n".join(deeper + line for line in lines)
    return f"{first}\n{body}\n{indent}{last}"


def _is_row(value: Any) -> bool:
    """Whether an entry of a list has no lists of its own, so that it is written in one line."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    return not isinstance(value, list | tuple) or not any(
        isinstance(each, list | tuple) for each in value
    )
