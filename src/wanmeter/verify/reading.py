"""Reads a verification from its JSON, and checks that it is of the given run."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import fields

from wanmeter.documents import Part, read_document
from wanmeter.errors import DocumentError, shown
from wanmeter.models import Run
from wanmeter.validators import is_int
from wanmeter.verify.json_text import SCHEMA, settings_of, to_json
from wanmeter.verify.verification import Check, Relation, Section, Verification
from wanmeter.version import __version__

HEAD = ("schema", "holds", "summary", "environment", "layer_impls", "sections")
"""The keys of the document besides the run's settings."""


def read_verification(path: Path, run: Run) -> Verification:
    """Read a verification from a file, without the tables that explain differences.

    Raises:
        DocumentError: the file cannot be read, is incomplete or contradicts itself, or is of another run
            or by another version of wanmeter.
    """
    document = read_document(path, "verification", SCHEMA).with_keys(*HEAD, *settings_of(run))
    check_run(document, run)
    made = Verification(
        run=run,
        layer_impls=tuple(_text(each) for each in document["layer_impls"].entries()),
        sections=tuple(_section(each) for each in document["sections"].entries()),
        environment=_environment(document["environment"]),
    )
    # The document also states outcomes and sums, which must follow from its checks.
    if not _same(_without_tables(document.value), _without_tables(json.loads(to_json(made)))):
        raise DocumentError(
            document.where,
            "contradicts itself: an outcome or a sum does not follow from its checks",
        )
    return made


def _without_tables(document: Mapping[str, Any]) -> dict[str, Any]:
    sections = [{**section, "tables": []} for section in document["sections"]]
    return {**document, "sections": sections}


def check_run(told: Part, run: Run) -> None:
    """Refuse a verification of another run.

    Raises:
        DocumentError: `told` does not have the settings of `run`.
    """
    for section, wanted in json.loads(json.dumps(settings_of(run))).items():
        if section == "stages":
            if not _same(told[section].value, wanted):
                raise DocumentError(told.where, "verifies another run: its stages differ")
            continue
        given = told[section].with_keys(*wanted).value
        for key, value in wanted.items():
            if not _same(given[key], value):
                problem = f"{section}.{key} is {shown(given[key])}, not {value!r}"
                raise DocumentError(told.where, f"verifies another run: {problem}")


def _same(given: object, wanted: object) -> bool:
    """Whether two values are the same JSON; 1, 1.0 and true are not."""
    return json.dumps(given, sort_keys=True) == json.dumps(wanted, sort_keys=True)


def _environment(part: Part) -> dict[str, str]:
    given = _fitting(part, "an object", lambda value: isinstance(value, dict))
    for key in given:
        if not key.isprintable():
            raise DocumentError(part.where, f"unknown key {shown(key)}")
    environment = {key: _text(part[key]) for key in given}
    made_by = environment.get("wanmeter")
    if made_by != __version__:
        raise DocumentError(
            part.where, f"written by wanmeter {made_by}, not {__version__}; verify the run again"
        )
    return environment


def _section(part: Part) -> Section:
    part.with_keys("name", "holds", "absent", "note", "checks", "tables")
    return Section(
        name=_text(part["name"]),
        note=_text(part["note"]),
        absent=_flag(part["absent"]),
        checks=tuple(_check(each) for each in part["checks"].entries()),
    )


def _check(part: Part) -> Check:
    part.with_keys(*(attribute.name for attribute in fields(Check)), "difference", "outcome")
    relations = [relation.value for relation in Relation]
    allowed = " or ".join(relations)
    return Check(
        subject=_text(part["subject"]),
        quantity=_text(part["quantity"]),
        layer_impl=_text(part["layer_impl"]),
        analytic=_count(part["analytic"]),
        measured=_count(part["measured"]),
        relation=Relation(_fitting(part["relation"], allowed, lambda value: value in relations)),
        reason=_text(part["reason"]),
        outside=_flag(part["outside"]),
    )


def _text(part: Part) -> str:
    fits = "printable text on one line"
    text: str = _fitting(part, fits, lambda value: isinstance(value, str) and value.isprintable())
    return text


def _flag(part: Part) -> bool:
    flag: bool = _fitting(part, "true or false", lambda value: isinstance(value, bool))
    return flag


def _count(part: Part) -> int | None:
    count: int | None = _fitting(part, "null, or a count", _is_count)
    return count


def _is_count(value: Any) -> bool:
    return value is None or (is_int(value) and value >= 0)


def _fitting(part: Part, allowed: str, fits: Callable[[Any], bool]) -> Any:
    """The value of a part, if it fits; otherwise raise `DocumentError`."""
    if not fits(part.value):
        raise DocumentError(part.where, f"got {shown(part.value)}; allowed: {allowed}")
    return part.value
