"""A report read back from its JSON: whole and consistent, or refused by the name of what is wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import fields, frozen

from wanmeter.config import SECTIONS
from wanmeter.conventions import CONVENTIONS
from wanmeter.cost import StageCost
from wanmeter.errors import DocumentError, InvalidValueError
from wanmeter.json_input import parse_object, read_object
from wanmeter.layers import OperatorKind
from wanmeter.report.components import Components, present_components
from wanmeter.report.json_text import SCHEMA
from wanmeter.report.laws import parents
from wanmeter.report.report import Provenance, Report, Row
from wanmeter.wan.specs import ModelSpec
from wanmeter.wan.workload import Workload

SIZE_LIMIT = 2**26
"""Bytes. Reports have some ten thousand; anything larger is something else."""

KEYS = ("schema", "conventions", "model", "workload", "provenance", "total", "modules")

_T = TypeVar("_T")


def read_report(path: Path, *, consistent: bool = True) -> Report:
    """The report in a file; with `consistent`, parents that are not what their children give are refused.

    Raises:
        DocumentError: the file cannot be read, is not a whole report, or is one of another schema or
            other conventions.
    """
    document = read_object(path, limit=SIZE_LIMIT, blame=DocumentError)
    return _report(_Part(str(path), document), consistent=consistent)


def parse_report(text: str | bytes, *, where: str, consistent: bool = True) -> Report:
    """The report in a text; `where` it is from stands in the errors."""
    document = parse_object(text, where=where, blame=DocumentError)
    return _report(_Part(where, document), consistent=consistent)


@frozen
class _Part:
    """A piece of the document, and where it stands."""

    where: str
    value: Any

    def __getitem__(self, key: str | int) -> "_Part":
        place = f"{self.where}: {key}" if isinstance(key, str) else f"{self.where}[{key}]"
        return _Part(place, self.value[key])

    def with_keys(self, *keys: str) -> "_Part":
        """This piece, which must be an object of exactly these keys."""
        if not isinstance(self.value, dict):
            raise DocumentError(self.where, "not a JSON object")
        for key in keys:
            if key not in self.value:
                raise DocumentError(self.where, f"{key!r} is missing")
        for key in self.value:
            if key not in keys:
                raise DocumentError(self.where, f"unknown key {key!r}")
        return self

    def build(self, cls: type[_T], **known: Any) -> _T:
        """A record from this piece: each field from its key, but those that are `known`."""
        names = [attribute.name for attribute in fields(cls)]  # type: ignore[arg-type]
        values = self.with_keys(*names).value
        try:
            return cls(**{**values, **known})
        except InvalidValueError as error:
            name = error.where.rpartition(".")[2]
            problem = str(error).removeprefix(f"{error.where}: ")
            raise DocumentError(f"{self.where}: {name}", problem) from error


def _report(document: _Part, *, consistent: bool) -> Report:
    if document.value.get("schema") != SCHEMA:
        given = document.value.get("schema", "none")
        raise DocumentError(document.where, f"not a report: schema {given!r}, not {SCHEMA!r}")
    if "provenance" not in document.value:
        raise DocumentError(document.where, "no provenance: a golden, not a report")
    document.with_keys(*KEYS)
    provenance = document["provenance"].build(Provenance)
    _check_conventions(document["conventions"], provenance)
    modules = document["modules"]
    if not isinstance(modules.value, list):
        raise DocumentError(modules.where, "not a list")
    rows = tuple(_row(modules[i]) for i in range(len(modules.value)))
    _check_tree(modules.where, rows)
    model, components = _model(document["model"], [row.path for row in rows if not row.depth])
    report = Report(
        model=model,
        components=components,
        workload=document["workload"].build(Workload),
        provenance=provenance,
        total=document["total"].build(StageCost),
        modules=rows,
    )
    if consistent:
        for path, field, stated, given in parents(report):
            if stated != given:
                problem = f"{field} is {stated:,}, and its parts give {given:,}"
                raise DocumentError(f"{document.where}: {path}", problem)
    return report


def _check_conventions(conventions: _Part, provenance: Provenance) -> None:
    given: Mapping[str, Any] = conventions.with_keys(*CONVENTIONS).value
    for key, stated in CONVENTIONS.items():
        if given[key] != stated:
            problem = f"not this version's: the report was written by {provenance.version}"
            raise DocumentError(conventions[key].where, problem)


def _row(part: _Part) -> Row:
    part.with_keys(*(attribute.name for attribute in fields(Row)))
    path, kind = part.value["path"], part.value["kind"]
    named = _Part(f"{part.where} {path}", part.value) if isinstance(path, str) else part
    kinds = {member.value: member for member in OperatorKind}
    if kind is not None and (not isinstance(kind, str) or kind not in kinds):
        allowed = f"{', '.join(kinds)}, or null"
        raise DocumentError(f"{named.where}: kind", f"got {kind!r}; allowed: {allowed}")
    cost = named["cost"].build(StageCost)
    return named.build(Row, kind=None if kind is None else kinds[kind], cost=cost)


def _check_tree(where: str, rows: tuple[Row, ...]) -> None:
    """Every module stands there once, after the module that it is part of."""
    if not rows:
        raise DocumentError(where, "empty")
    seen = {""}
    for row in rows:
        if row.path in seen:
            raise DocumentError(where, f"{row.path} stands there twice")
        if row.parent not in seen:
            raise DocumentError(where, f"{row.path} stands there without {row.parent} before it")
        seen.add(row.path)


def _model(part: _Part, stages: list[str]) -> tuple[ModelSpec, Components]:
    names = [attribute.name for attribute in fields(ModelSpec)]
    part.with_keys(*names, "components")
    own = {name: part.value[name] for name in names}
    model = _Part(part.where, own).build(ModelSpec)
    present = present_components(model, stages)
    components = part["components"].with_keys(*present)
    return model, Components(**{name: components[name].build(SECTIONS[name]) for name in present})
