"""`ComparedEstimate`: what two estimates are compared by, of an estimate or of its document."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from wanmeter.documents import Node, parse_document, read_document
from wanmeter.errors import DocumentError, shown
from wanmeter.estimation.estimate import SCHEMA, Estimate

SETTINGS = ("workload", "profile", "placement", "parallel")
"""Sections of a document whose keys are settings."""

SINGLE = ("device", "attention", "price_per_hour")
"""Keys of a document that are settings themselves."""


@frozen(kw_only=True)
class ComparedEstimate:
    """The settings of an estimate, the seconds of each stage by what serves them, and the peaks in bytes.

    `numbers` has what is compared, by name: `seconds`, `transformer/dram seconds`, `denoise/peak_bytes`, ...
    """

    model: str
    settings: Mapping[str, object]
    numbers: Mapping[str, float]
    verdict: str | None

    @classmethod
    def of(cls, estimate: Estimate) -> "ComparedEstimate":
        """What an estimate is compared by."""
        return cls.of_document(Node("estimate", estimate.to_dict()))

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> "ComparedEstimate":
        """Read the document of an estimate; errors name it `where`.

        Raises:
            DocumentError: the text is no document of this schema.
        """
        return cls.of_document(parse_document(text, where, "estimate", SCHEMA))

    @classmethod
    def from_file(cls, path: Path) -> "ComparedEstimate":
        """Read the document of an estimate from a file. Errors are those of `from_json`."""
        return cls.of_document(read_document(path, "estimate", SCHEMA))

    @classmethod
    def of_document(cls, document: Node) -> "ComparedEstimate":
        """What the document of an estimate is compared by.

        Raises:
            DocumentError: something is missing, or of the wrong type.
        """
        settings = {key: document[key].value for key in SINGLE}
        for section in SETTINGS:
            values = document[section].value
            if not isinstance(values, Mapping):
                raise DocumentError(document[section].where, "not a JSON object")
            settings |= {f"{section}.{key}": value for key, value in values.items()}
        model = document["model"]["name"].value
        return cls(
            model=model if isinstance(model, str) else shown(model),
            settings=settings,
            numbers=_numbers(document),
            verdict=document["verdict"].value,
        )


def _numbers(document: Node) -> dict[str, float]:
    numbers: dict[str, float] = {}
    if document["seconds"].value is not None:
        numbers["seconds"] = _number(document["seconds"]["value"])
        numbers["step_seconds"] = _number(document["step_seconds"])
        for term in document["terms"]:
            stage, served = term["stage"].value, term["term"].value
            numbers[f"{stage}/{served} seconds"] = _number(term["seconds"])
    for key in ("joules", "price"):
        if document[key].value is not None:
            numbers[key] = _number(document[key])
    numbers["peak_bytes"] = _number(document["peak_bytes"]["high"])
    for phase in document["phases"]:
        numbers[f"{phase['name'].value}/peak_bytes"] = _number(phase["peak_bytes"]["high"])
    return numbers


def _number(node: Node) -> Any:
    """A number, int or float, that is not negative."""
    if type(node.value) not in (int, float) or node.value < 0:
        raise DocumentError(node.where, f"got {shown(node.value)}; allowed: a number")
    return node.value
