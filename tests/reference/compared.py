"""The recorded measurements beside what wanmeter says, row by row."""

import json

from tests.reference.record import RECORD
from wanmeter import Report

REFERENCE = json.loads(RECORD.read_text())


def compared(run, measured):
    """What each row that has a counterpart costs, and what was measured: `(rows, field, cost, measured)`."""
    report = Report.of(run)
    (stage,) = report.stages
    for rows, counterpart in run.reference.counterparts(run, stage.name).items():
        if not any(row in report for row in rows):  # neither has such a part
            assert not any(name in measured for name in counterpart.modules), rows
            continue
        # Modules with neither work nor weights are not recorded.
        modules = [measured[name] for name in counterpart.modules if name in measured]
        for field in ("flops",) if counterpart.own else ("flops", "params"):
            recorded = "own_flops" if counterpart.own else field
            cost = sum(getattr(report[row].cost, field) for row in rows)
            yield rows, field, cost, sum(module[recorded] for module in modules)
