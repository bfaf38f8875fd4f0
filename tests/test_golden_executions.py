"""Every execution equals its golden, whichever backend supplied the layers: its phases, and its work by what serves it."""

from collections import Counter

import pytest

from tests.golden_cases import EXECUTIONS, execution_name
from tests.test_goldens import GOLDEN, GoldenFile
from wanmeter.documents import as_json
from wanmeter.estimation import estimate
from wanmeter.execution.pipelines import PIPELINES

EXECUTION = GOLDEN / "execution"


class ExecutionFile(GoldenFile):
    """One JSON text a file, `golden/execution/<model>--<workload>--<profile>--<placement>-<n>.json`."""

    @classmethod
    def dirname(cls, *, test_location):
        """The project's goldens of executions."""
        return str(EXECUTION)


def document(case, layer_impl):
    """The execution of a case as text: its phases, the kernels of each, and the work of each stage."""
    model, workload, profile, placement, gpus = case
    made = estimate(
        model,
        workload,
        layer_impl,
        profile=profile,
        placement=placement,
        overrides=[f"ulysses_degree={gpus}"],
    )
    whole = made.to_dict()
    phases = PIPELINES[profile](made.plan).phases
    for phase, written in zip(phases, whole["phases"], strict=True):
        written["weights"], written["held"] = dict(phase.weights), dict(phase.held)
        written["kernels"] = kernels(phase)
    whole["work"] = work(made.plan)
    kept = ("profile", "placement", "parallel", "phases", "work")
    kept += ("peak_bytes", "peak_phase", "host_bytes")
    return as_json({key: whole[key] for key in kept})


def kernels(phase):
    """The kernels of all passes of a phase, by operator and types."""
    work = Counter()
    for passes in phase.passes:
        for kernel in passes.execution.kernels:
            types = [" ".join(each.name for each in side) for side in (kernel.reads, kernel.writes)]
            for field in ("calls", "flops", "bytes_read", "bytes_written"):
                work[kernel.operator, *types, field] += passes.times * getattr(kernel, field)
    named = sorted({key[:3] for key in work})
    fields = ("calls", "flops", "bytes_read", "bytes_written")
    return [[*key, *(work[*key, field] for field in fields)] for key in named]


def work(plan):
    """The work of each stage: what serves it, the amount, and the grid of its kernels."""
    return {
        stage: [[each.served_by, each.variant, each.amount, *(each.grid or ())] for each in works]
        for stage, works in PIPELINES[plan.profile.name](plan).work.items()
    }


@pytest.mark.parametrize("case", EXECUTIONS, ids=execution_name)
def test_golden_execution(case, snapshot):
    shared, wan2_1 = document(case, "shared"), document(case, "wan2_1")
    # Before the golden is read or written: a disagreement must not reach it.
    agreed = shared == wan2_1  # apart: pytest would take its time to show where long texts differ
    assert agreed, "the backends disagree"
    assert shared == snapshot(name=execution_name(case), extension_class=ExecutionFile)


def test_there_is_no_golden_that_nothing_checks():
    names = sorted(f"{execution_name(case)}.json" for case in EXECUTIONS)
    assert sorted(path.name for path in EXECUTION.iterdir()) == names
