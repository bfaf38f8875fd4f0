"""A verification as JSON, one check per line."""

import json
from typing import Any

from attrs import asdict

from wanmeter.models import COMPONENTS, Run
from wanmeter.models.element_sizes import resolved
from wanmeter.verify.verification import Check, Outcome, Section, Table, Verification

SCHEMA = "wanmeter.verification/1"
"""The name and version of the document's layout."""


def to_json(verification: Verification) -> str:
    """The verification as JSON text, with exact integers."""
    head = {
        "schema": SCHEMA,
        "holds": verification.holds,
        "summary": {outcome: verification.count(outcome) for outcome in Outcome},
        "environment": verification.environment,
        **settings_of(verification.run),
        "layer_impls": verification.layer_impls,
    }
    text = json.dumps(head, indent=2).removesuffix("\n}")
    sections = ",\n".join(_section(section) for section in verification)
    return f'{text},\n  "sections": [\n{sections}\n  ]\n}}\n'


def settings_of(run: Run) -> dict[str, Any]:
    """The settings of a run by section, with element sizes filled in, and its stages."""
    components = {name: asdict(resolved(getattr(run, name))) for name in COMPONENTS}
    return {
        "model": asdict(run.model),
        **components,
        "workload": asdict(run.workload),
        "stages": [child.name for child in run.pipeline().children],
    }


def _section(section: Section) -> str:
    head = {
        "name": section.name,
        "holds": section.holds,
        "absent": section.absent,
        "note": section.note,
    }
    text = json.dumps(head).removesuffix("}")
    checks = _lines(_check(check) for check in section.checks)
    tables = ", ".join(_table(table) for table in section.tables)
    return f'    {text}, "checks": [{checks}], "tables": [{tables}]}}'


def _check(check: Check) -> dict[str, Any]:
    return {
        "subject": check.subject,
        "quantity": check.quantity,
        "layer_impl": check.layer_impl,
        "relation": check.relation,
        "analytic": check.analytic,
        "measured": check.measured,
        "difference": check.difference,
        "outcome": check.outcome,
        "reason": check.reason,
        "outside": check.outside,
    }


def _table(table: Table) -> str:
    head = json.dumps({"title": table.title, "columns": table.columns}).removesuffix("}")
    return f'{head}, "rows": [{_lines(table.rows)}]}}'


def _lines(items: Any) -> str:
    lines = [f"      {json.dumps(item)}" for item in items]
    return "\n" + ",\n".join(lines) + "\n    " if lines else ""
