"""A report as JSON: the same input gives the same bytes, on any machine."""

import json
from typing import Any

from attrs import asdict

from wanmeter.conventions import CONVENTIONS
from wanmeter.report.row import Reported

SCHEMA = "wanmeter.report/1"
"""The name and version of the report's layout."""


def to_json(report: Reported, *, provenance: bool = True) -> str:
    """The report as JSON text: keys in a fixed order, exact integers, one module per line."""
    document = to_document(report, provenance=provenance)
    rows = [f"    {json.dumps(row)}" for row in document.pop("modules")]
    head = json.dumps(document, indent=2).removesuffix("\n}")
    return "\n".join([f'{head},\n  "modules": [', ",\n".join(rows), "  ]", "}"]) + "\n"


def to_document(report: Reported, *, provenance: bool = True) -> dict[str, Any]:
    """The report as plain dicts, lists, strings and ints."""
    from cattrs import Converter  # slow to import, and needed only here

    converter = Converter()
    components = {name: asdict(spec) for name, spec in report.components}
    document = {
        "schema": SCHEMA,
        "conventions": dict(CONVENTIONS),
        "model": {**asdict(report.model), "components": components},
        "workload": asdict(report.workload),
        "provenance": asdict(report.provenance),
        "total": converter.unstructure(report.total),
        "modules": converter.unstructure(report.modules),
    }
    if not provenance:
        del document["provenance"]
    return document
