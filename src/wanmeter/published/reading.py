"""Reads a validation from its JSON. Errors name the part that is wrong."""

from collections.abc import Sequence
from typing import Any

from wanmeter.documents import Node
from wanmeter.errors import DocumentError
from wanmeter.published.other_runs import Implausible
from wanmeter.published.row import Row
from wanmeter.published.statistics import Errors, half_width, statistics

KEYS = (
    "schema",
    "quantity",
    "assumptions",
    "statistics",
    "median_half_width",
    "rows",
    "others",
    "implausible",
)


def parts_of(document: Node) -> dict[str, Any]:
    """Read the fields of a `Validation` from a document.

    Raises:
        DocumentError: the validation is incomplete or malformed.
    """
    document.with_keys(*KEYS)
    rows = tuple(_row(node) for node in document["rows"])
    return {
        "quantity": document["quantity"].value,
        "assumptions": document["assumptions"].value,
        "rows": rows,
        "others": tuple(_row(node) for node in document["others"]),
        "implausible": tuple(node.build(Implausible) for node in document["implausible"]),
    }


def check_statistics(document: Node, quantity: str, rows: Sequence[Row]) -> None:
    """Refuse statistics that are not those of the rows.

    Raises:
        DocumentError: naming the first.
    """
    made = statistics(quantity, rows)
    stated = document["statistics"].with_keys(*made)
    for name, errors in made.items():
        if stated[name].build(Errors) != errors:
            raise DocumentError(stated[name].where, "does not follow from the rows")
    if document["median_half_width"].value != half_width(rows):
        raise DocumentError(document["median_half_width"].where, "does not follow from the rows")


def _row(node: Node) -> Row:
    name = node["id"].value
    return (Node(f"{node.where} {name}", node.value) if isinstance(name, str) else node).build(Row)
