"""Reads a validation from its JSON. Errors name the part that is wrong."""

from typing import Any

from attrs import fields

from wanmeter.documents import Node
from wanmeter.errors import DocumentError
from wanmeter.published.row import Row
from wanmeter.published.statistics import Errors, Statistics

KEYS = ("schema", "quantity", "assumptions", "statistics", "rows")


def parts_of(document: Node) -> dict[str, Any]:
    """Read the fields of a `Validation` from a document.

    Raises:
        DocumentError: the validation is incomplete or malformed, or its statistics are not its rows'.
    """
    document.with_keys(*KEYS)
    rows = tuple(_row(node) for node in document["rows"])
    names = tuple(attribute.name for attribute in fields(Statistics))
    stated = document["statistics"].with_keys(*names)
    for name in names:
        if stated[name].build(Errors) != getattr(Statistics.of(rows), name):
            raise DocumentError(stated[name].where, "does not follow from the rows")
    return {
        "quantity": document["quantity"].value,
        "assumptions": document["assumptions"].value,
        "rows": rows,
    }


def _row(node: Node) -> Row:
    name = node["id"].value
    return (Node(f"{node.where} {name}", node.value) if isinstance(name, str) else node).build(Row)
