"""Reads a report from its JSON. Errors name the part that is wrong."""

import json
from collections.abc import Mapping
from typing import Any

from wanmeter.conventions import CONVENTIONS
from wanmeter.cost import StageCost
from wanmeter.documents import Node
from wanmeter.errors import DocumentError
from wanmeter.layers import OperatorKind
from wanmeter.models import SECTIONS, AnyModel, Workload
from wanmeter.models.registry import model_class
from wanmeter.report.components import Components, present_components
from wanmeter.report.row import Provenance, Row, parents

KEYS = ("schema", "conventions", "model", "workload", "provenance", "total", "modules")


def parts_of(document: Node) -> dict[str, Any]:
    """Read the fields of a `Report` from a document.

    Raises:
        DocumentError: the report is incomplete or malformed, contradicts itself, or was written under
            other conventions.
    """
    if "provenance" not in document.value:
        raise DocumentError(document.where, "has no provenance: it is a golden, not a report")
    document.with_keys(*KEYS)
    provenance = document["provenance"].build(Provenance)
    _check_conventions(document["conventions"], provenance)
    rows = tuple(_row(row) for row in document["modules"])
    _check_tree(document["modules"].where, rows)
    total = document["total"].build(StageCost)
    for path, name, stated, given in parents(total, rows):
        if stated != given:
            problem = f"{name} is {stated:,}, but its parts give {given:,}"
            raise DocumentError(f"{document.where}: {path}", problem)
    model, components = _model(document["model"], [row.path for row in rows if not row.depth])
    return {
        "model": model,
        "components": components,
        "workload": document["workload"].build(Workload),
        "provenance": provenance,
        "total": total,
        "modules": rows,
    }


def _check_conventions(conventions: Node, provenance: Provenance) -> None:
    given: Mapping[str, Any] = conventions.with_keys(*CONVENTIONS).value
    for key, stated in CONVENTIONS.items():
        if json.dumps(given[key], sort_keys=True) != json.dumps(stated, sort_keys=True):
            problem = f"differs from this version's; the report was written by {provenance.version}"
            raise DocumentError(conventions[key].where, problem)


def _row(node: Node) -> Row:
    path = node["path"].value
    named = Node(f"{node.where} {path}", node.value) if isinstance(path, str) else node
    kind = named["kind"]
    return named.build(
        Row,
        kind=None if kind.value is None else kind.member(OperatorKind),
        cost=named["cost"].build(StageCost),
    )


def _check_tree(where: str, rows: tuple[Row, ...]) -> None:
    """Refuse a module that is listed twice, or that does not follow its parent."""
    if not rows:
        raise DocumentError(where, "empty")
    seen = {""}
    for row in rows:
        if row.path in seen:
            raise DocumentError(where, f"duplicate module {row.path}")
        if row.parent not in seen:
            raise DocumentError(where, f"{row.path} must come after {row.parent}")
        seen.add(row.path)
    with_parts = {row.parent for row in rows}
    for row in rows:
        if (row.kind is None) != (row.path in with_parts):
            problem = "a kind, and parts" if row.kind else "neither a kind nor parts"
            raise DocumentError(where, f"{row.path} has {problem}; only operators have a kind")


def _model(node: Node, stages: list[str]) -> tuple[AnyModel, Components]:
    given = node.value if isinstance(node.value, dict) else {}
    model = node.build(model_class(given.keys() - {"components"}), "components")
    present = present_components(model, stages)
    components = node["components"].with_keys(*present)
    return model, Components(**{name: components[name].build(SECTIONS[name]) for name in present})
