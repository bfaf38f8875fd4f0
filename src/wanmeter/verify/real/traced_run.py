"""Traces the real models of a run: what each stage moves and keeps alive in an eager run."""

from attrs import evolve

from wanmeter.layers import Precision
from wanmeter.models import Run
from wanmeter.models.element_sizes import precision_of
from wanmeter.models.reference import Counterparts
from wanmeter.verify.costed_run import PARTIAL
from wanmeter.verify.real.build import DTYPES, BuiltModule, build, in_precision
from wanmeter.verify.real.measure import merge_blocks
from wanmeter.verify.real.trace import trace
from wanmeter.verify.real.trace_records import Trace, TracedOperator, Traffic


class TracedRun:
    """The stages of a run, each traced once, in the precision that the run is costed in."""

    def __init__(self, run: Run) -> None:
        """Stages are traced on first use."""
        self.run = run
        self._stages: dict[str, Trace] = {}

    def why_not(self, stage: str) -> str:
        """Why a stage cannot be traced; empty if it can."""
        run = self.run
        if not run.reference.stages[stage].is_whole(run):
            return PARTIAL
        bits = {self.bits(stage), self._precision(stage).weight_bits}
        if len(bits) > 1 or not bits & set(DTYPES):
            return f"eager runs need {' or '.join(map(str, DTYPES))} bits, for weights and activations alike"
        return run.reference.stages[stage].why_not(run)

    def bits(self, stage: str) -> int:
        """The bits per element of a stage's activations."""
        return self._precision(stage).bits

    def stage(self, stage: str) -> Trace:
        """All passes of a stage, traced once, with the tensors alive at the peak of the largest."""
        if stage not in self._stages:
            self._stages[stage] = self._traced(stage)
        return self._stages[stage]

    def _traced(self, stage: str) -> Trace:
        run, real = self.run, self.run.reference.stages[stage]
        model = in_precision(build(real.module(run)), self.bits(stage))
        row_of = _rows(model, run.reference.counterparts(run, stage))
        traffic: dict[TracedOperator, Traffic] = {}
        traces: list[Trace] = []
        for each in real.passes(run):
            traces.append(
                trace(
                    model.module,
                    model.inputs(each.num_frames),
                    rows=row_of,
                    root=stage,
                    bits=self.bits(stage),
                )
            )
            for operator, moved in traces[-1].traffic.items():
                traffic[operator] = traffic.get(operator, Traffic()) + moved.times(each.count)
        largest = max(traces, key=lambda each: each.peak_bytes)
        rows = frozenset().union(*(each.rows for each in traces))
        return evolve(largest, traffic=traffic, rows=rows)

    def _precision(self, stage: str) -> Precision:
        return precision_of(getattr(self.run, self.run.component(stage)))


def _rows(model: BuiltModule, counterparts: Counterparts) -> dict[str, str]:
    """The report's row of each submodule, by the submodule's full name.

    Counterparts that are parameters, part of a row or a module's own work count for the enclosing module.
    """
    modules: dict[str, list[str]] = {}
    for name, _ in model.module.named_modules():
        inner = name.removeprefix(model.prefix).removeprefix(".")
        modules.setdefault(merge_blocks(inner, model.blocks), []).append(name)
    # Deeper rows last: of two rows with the same module, the deeper one wins.
    table = sorted(counterparts.items(), key=lambda each: each[0][0].count("/"))
    rows: dict[str, str] = {}
    for (row, *_), counterpart in table:
        if counterpart.own or counterpart.part:
            continue
        if all(name in modules for name in counterpart.modules):
            for name in counterpart.modules:
                rows |= dict.fromkeys(modules[name], row)
    return rows
