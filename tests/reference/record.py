"""Measures every case anew and writes the reference: `python -m tests.reference.record`."""

import json
from pathlib import Path

from attrs import asdict

from tests.reference.cases import MODELS, WORKLOADS
from wanmeter import meter

RECORD = Path(__file__).with_name("transformer.json")


def measure_all():
    """The reference as it is measured now."""
    from wanmeter.verify.measure import measure_transformer
    from wanmeter.verify.versions import compared_with

    cases = {}
    for model in MODELS:
        for name, workload in WORKLOADS.items():
            modules = measure_transformer(meter(model, workload).model, workload)
            # A block's repeated containers and empty modules say nothing; what has work or weights does.
            cases[f"{model}--{name}"] = {
                module: asdict(measured)
                for module, measured in modules.items()
                if measured.flops or measured.params
            }
    return {"measured_with": compared_with(), "cases": cases}


if __name__ == "__main__":
    RECORD.write_text(json.dumps(measure_all(), indent=1) + "\n")
