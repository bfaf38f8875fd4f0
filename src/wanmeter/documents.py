"""Writes JSON documents and reads them back; errors name the place in the document."""

import json
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from attrs import fields, frozen

from wanmeter.errors import DocumentError, InvalidValueError, shown
from wanmeter.json_input import parse_object, read_object
from wanmeter.records import build, is_optional

MAX_BYTES = 2**23
"""Largest document accepted, in bytes: parsing takes many times the size. Typical ones have ten thousand."""

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


@frozen
class Node:
    """A value in a document, and its place there, which errors name."""

    where: str
    value: Any

    def __getitem__(self, key: str) -> "Node":
        """The value of a key of this object."""
        if key not in self._object():
            raise DocumentError(self.where, f"{key!r} is missing")
        return Node(f"{self.where}: {key}", self.value[key])

    def __iter__(self) -> Iterator["Node"]:
        """The entries of this list."""
        if not isinstance(self.value, list):
            raise DocumentError(self.where, "not a list")
        for i, entry in enumerate(self.value):
            yield Node(f"{self.where}[{i}]", entry)

    def with_keys(self, *keys: str, optional: Collection[str] = ()) -> "Node":
        """This object, which must have exactly these keys, and may have the optional ones."""
        for key in keys:
            self[key]
        known = {*keys, *optional}
        for key in self._object():
            if key not in known:
                raise DocumentError(self.where, f"unknown key {shown(key)}")
        return self

    def build(self, cls: type[_T], *others: str, **known: Any) -> _T:
        """A `cls` from this object, whose keys are its fields and `others`; it may lack optional fields.

        `known` replaces some of the values.
        """
        every: Any = fields(cls)  # type: ignore[arg-type]
        optional = {attribute.name for attribute in every if is_optional(attribute)}
        names = [attribute.name for attribute in every if attribute.name not in optional]
        values = self.with_keys(*names, *others, optional=optional).value
        given = {name: value for name, value in values.items() if name not in others}
        try:
            return build(cls, given | known)
        except InvalidValueError as error:
            raise DocumentError(f"{self.where}: {error.key}", error.problem) from error

    def member(self, names: type[_E]) -> _E:
        """The member of an enumeration that this value names."""
        for member in names:
            if self.value == member:
                return member
        raise DocumentError(self.where, f"got {shown(self.value)}; allowed: {', '.join(names)}")

    def _object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise DocumentError(self.where, "not a JSON object")
        return self.value


def read_document(path: Path, what: str, schema: str) -> Node:
    """Read a document of this schema from a file; errors call it a `what`.

    Raises:
        DocumentError: the file cannot be read, or has another schema.
    """
    values = read_object(path, limit=MAX_BYTES, blame=DocumentError)
    return _of_schema(Node(str(path), values), what, schema)


def parse_document(text: str | bytes, where: str, what: str, schema: str) -> Node:
    """Parse a document of this schema; errors say that it is from `where`."""
    values = parse_object(text, where=where, limit=MAX_BYTES, blame=DocumentError)
    return _of_schema(Node(where, values), what, schema)


def _of_schema(document: Node, what: str, schema: str) -> Node:
    given = document.value.get("schema", "none")
    if given != schema:
        article = "an" if what[0] in "aeiou" else "a"
        problem = f"not {article} {what}: schema {shown(given)}, not {schema!r}"
        raise DocumentError(document.where, problem)
    return document


def as_json(document: Mapping[str, Any]) -> str:
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
