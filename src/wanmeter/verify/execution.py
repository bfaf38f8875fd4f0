"""Compares the diffusers profile with an eager run of the real models: every kernel, and the live bytes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wanmeter.execution.diffusers import PROGRAMS
from wanmeter.execution.dtype import BY_BITS
from wanmeter.execution.execution import Execution
from wanmeter.execution.loaded import Loaded
from wanmeter.models import Run
from wanmeter.verify.changes import Changes
from wanmeter.verify.costed_run import CostedRun, one_pass
from wanmeter.verify.executed import Executed, Moved, Operation
from wanmeter.verify.real.trace_records import Trace
from wanmeter.verify.verification import Cell, Check, Section, Table

if TYPE_CHECKING:
    from wanmeter.verify.real.traced_run import TracedRun


def execution_section(name: str, costed: Sequence[CostedRun], traced: "TracedRun") -> Section:
    """Compare what each module runs, moves and keeps alive with the trace."""
    checks: list[Check] = []
    peaks: list[tuple[Cell, ...]] = []
    for each in costed:
        changes = Changes.of(each)
        for row in each.in_one_pass().stages:
            stage = row.path
            reason = traced.why_not(stage)
            if reason:
                checks.append(_unchecked(each, stage, reason))
                continue
            found = traced.stage(stage)
            executed = execute(one_pass(each.run), stage, traced.bits(stage), found)
            made = list(_checks(each, stage, executed, found))
            changed = changes.below(each.in_one_pass(), stage)
            checks += changes.excused(made) if changed else made
            if each is costed[0]:
                at = f"{executed.moment[0]} {executed.moment[1]}"
                peaks.append((stage, executed.peak_bytes, found.input_bytes, at))
    columns = ("stage", "peak_bytes", "input_bytes", "moment")
    return Section(
        name=name,
        note="one pass of each stage, by the diffusers profile and by the real models, to the byte",
        checks=tuple(checks),
        tables=(Table(title="peaks, beyond inputs", columns=columns, rows=tuple(peaks)),),
    )


def execute(run: Run, stage: str, bits: int, found: Trace) -> Executed:
    """A stage as the diffusers profile runs it, in the rows of a trace."""
    executions = [
        (Execution.of(PROGRAMS[stage], stage, layer, BY_BITS[bits]), times)
        for layer, times in Loaded(run, run.workload).layers(stage)
    ]
    return Executed.of(executions, found.rows)


def _unchecked(each: CostedRun, stage: str, reason: str) -> Check:
    return Check.of(each.report, stage, "kernels", None, None, reason=reason)


def _checks(each: CostedRun, stage: str, executed: Executed, found: Trace) -> Iterator[Check]:
    """For each module: how many kernels agree, what they move, and the most bytes that are live."""
    traffic = _traffic(found)
    rows = {operation.row for operation in (*traffic, *executed.traffic)}
    for row in sorted(rows):
        ours = {key: moved for key, moved in executed.traffic.items() if key.row == row}
        theirs = {key: moved for key, moved in traffic.items() if key.row == row}
        agreeing = sum(ours.get(key) == moved for key, moved in theirs.items())
        yield _check(each, row, "kernels", agreeing, len(theirs.keys() | ours.keys()))
        for quantity in ("calls", "bytes_read", "bytes_written"):
            a, b = (
                sum(getattr(moved, quantity) for moved in kernels.values())
                for kernels in (ours, theirs)
            )
            yield _check(each, row, quantity, a, b)
        live = found.peaks.get(row, found.input_bytes) - found.input_bytes
        yield _check(each, row, "peak_bytes", executed.peaks.get(row, 0), live)
    yield _check(each, stage, "peak", executed.peak_bytes, found.peak_bytes - found.input_bytes)
    same = executed.moment == (found.moment.row, found.moment.operator)
    yield _check(each, stage, f"moment: {found.moment.row} {found.moment.operator}", int(same), 1)


def _check(each: CostedRun, subject: str, quantity: str, analytic: int, measured: int) -> Check:
    return Check.of(each.report, subject, quantity, analytic, measured)


def _traffic(found: Trace) -> dict[Operation, Moved]:
    traffic: dict[Operation, Moved] = {}
    for traced, moved in found.traffic.items():
        key = Operation(traced.row, traced.name, tuple(sorted(traced.reads)), traced.writes)
        before = traffic.get(key, Moved(0, 0, 0))
        traffic[key] = Moved(
            before.calls + moved.calls,
            before.bytes_read + moved.bytes_read,
            before.bytes_written + moved.bytes_written,
        )
    return traffic
