"""A verification as a document."""

from typing import Any

from attrs import asdict

from wanmeter.documents import as_json
from wanmeter.models import COMPONENTS, Run
from wanmeter.records import written
from wanmeter.report.components import as_built
from wanmeter.verify.verification import Check, Outcome, Section, Verification

SCHEMA = "wanmeter.verification/1"
"""The name and version of the document's layout."""


def to_json(verification: Verification) -> str:
    """The verification as JSON text, with exact integers, a check or a row of a table per line."""
    return as_json(to_document(verification))


def to_document(verification: Verification) -> dict[str, Any]:
    """The verification as plain dicts, lists, strings and ints."""
    return {
        "schema": SCHEMA,
        "holds": verification.holds,
        "summary": {outcome: verification.count(outcome) for outcome in Outcome},
        "environment": verification.environment,
        **run_settings(verification.run),
        "layer_impls": verification.layer_impls,
        "sections": [_section(section) for section in verification],
    }


def run_settings(run: Run) -> dict[str, Any]:
    """The settings of a run by section, with element sizes filled in, and its stages."""
    components = {name: written(as_built(run, name)) for name in COMPONENTS}
    return {
        "model": written(run.model),
        **components,
        "workload": written(run.workload),
        "stages": [child.name for child in run.pipeline().children],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "holds": section.holds,
        "absent": section.absent,
        "note": section.note,
        "checks": [_check(check) for check in section.checks],
        "tables": [asdict(table) for table in section.tables],
    }


def _check(check: Check) -> dict[str, Any]:
    return {**asdict(check), "difference": check.difference, "outcome": check.outcome}
