"""A report as JSON: the same input gives the same bytes, on any machine."""

import json
from typing import Any

from attrs import asdict
from cattrs import Converter

from wanmeter.conventions import CONVENTIONS
from wanmeter.report.report import Report

SCHEMA = "wanmeter.report/1"
"""The name and version of the report's layout."""

_converter = Converter()


def to_json(report: Report, *, provenance: bool = True) -> str:
    """The report as indented JSON text, its keys in a fixed order, its counts as exact integers."""
    return json.dumps(to_document(report, provenance=provenance), indent=2) + "\n"


def to_document(report: Report, *, provenance: bool = True) -> dict[str, Any]:
    """The report as plain dicts, lists, strings and ints."""
    document = {
        "schema": SCHEMA,
        "conventions": dict(CONVENTIONS),
        "model": {**asdict(report.model), "transformer": asdict(report.transformer)},
        "workload": asdict(report.workload),
        "provenance": asdict(report.provenance),
        "total": _converter.unstructure(report.total),
        "modules": _converter.unstructure(report.modules),
    }
    if not provenance:
        del document["provenance"]
    return document
