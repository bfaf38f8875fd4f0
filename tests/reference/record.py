"""Measures every case anew and writes the reference: `python -m tests.reference.record`."""

import json
from pathlib import Path

from attrs import asdict

from tests.reference.cases import CASES, case_name, run_of

RECORD = Path(__file__).with_name("reference.json")


def measured(case):
    """The modules of a case as they are measured now, without those of no FLOPs and no parameters."""
    from wanmeter.verify.real.measure import measure

    return {
        name: asdict(measured)
        for name, measured in measure(run_of(*case), case[0]).items()
        if measured.flops or measured.params
    }


def measure_all():
    """The reference as it is measured now."""
    from wanmeter.verify.environment import compared_with

    cases = {case_name(*case): measured(case) for case in CASES}
    return {"measured_with": compared_with(), "cases": cases}


def to_text(reference):
    """The reference as JSON, a module a line."""
    versions = json.dumps(reference["measured_with"])
    cases = ",\n".join(
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(f"{json.dumps(module)}: {json.dumps(m)}" for module, m in modules.items())
        + "\n}"
        for name, modules in reference["cases"].items()
    )
    return f'{{"measured_with": {versions},\n"cases": {{\n{cases}\n}}}}\n'


if __name__ == "__main__":
    RECORD.write_text(to_text(measure_all()))
