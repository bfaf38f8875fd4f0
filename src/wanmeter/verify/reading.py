"""Reads a verification from its JSON, and checks that it is of the given run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wanmeter.documents import Node, read_document
from wanmeter.errors import DocumentError, InvalidValueError, shown
from wanmeter.models import Run
from wanmeter.verify.json_text import SCHEMA, run_settings, to_document
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
    settings = run_settings(run)
    document = read_document(path, "verification", SCHEMA).with_keys(*HEAD, *settings)
    check_run({section: document.value[section] for section in settings}, run, document.where)
    made_by = document["environment"]["wanmeter"].value
    if made_by != __version__:
        problem = f"written by wanmeter {shown(made_by)}, not {__version__!r}; verify the run again"
        raise DocumentError(document.where, problem)
    sections = tuple(_section(node) for node in document["sections"])
    try:
        made = Verification(
            run=run,
            layer_impls=tuple(node.value for node in document["layer_impls"]),
            sections=sections,
            environment=document["environment"].value,
        )
    except InvalidValueError as error:
        raise DocumentError(f"{document.where}: {error.key}", error.problem) from error
    # The document also states outcomes and sums, which must follow from its checks.
    if _without_tables(document.value) != _without_tables(to_document(made)):
        raise DocumentError(
            document.where,
            "contradicts itself: an outcome or a sum does not follow from its checks",
        )
    return made


def _section(node: Node) -> Section:
    checks = tuple(_check(each) for each in node["checks"])
    return node.build(Section, "holds", checks=checks, tables=())


def _check(node: Node) -> Check:
    return node.build(Check, "difference", "outcome", relation=node["relation"].member(Relation))


def _without_tables(document: Mapping[str, Any]) -> str:
    """The rest of a document as JSON, in which 1, 1.0 and true differ."""
    sections = [{**section, "tables": []} for section in document["sections"]]
    return json.dumps({**document, "sections": sections}, sort_keys=True)


def check_run(settings: Mapping[str, Any], run: Run, where: str) -> None:
    """Refuse the settings of another run.

    Raises:
        DocumentError: they are not those of `run`; the error calls them `where`.
    """
    given, wanted = _by_key(settings), _by_key(run_settings(run))
    for key in {**wanted, **given}:
        if given.get(key) != wanted.get(key):
            problem = f"{key} is {given.get(key, 'missing')}, not {wanted.get(key, 'a setting')}"
            raise DocumentError(where, f"verifies another run: {problem}")


def _by_key(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as JSON, by configuration key: `workload.height`, `stages`."""
    by_key = {}
    for name, section in settings.items():
        for key, value in section.items() if isinstance(section, dict) else [("", section)]:
            by_key[f"{name}.{key}".removesuffix(".")] = json.dumps(value)
    return by_key
