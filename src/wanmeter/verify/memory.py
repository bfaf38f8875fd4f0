"""Compares peak memory, a lower bound, with an eager run of the real models, and explains the gap."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wanmeter.report import Report
from wanmeter.verify.changes import Changes
from wanmeter.verify.costed_run import CostedRun
from wanmeter.verify.real.trace_records import Trace
from wanmeter.verify.verification import Cell, Check, Relation, Section, Table

if TYPE_CHECKING:
    from wanmeter.verify.real.traced_run import TracedRun


def memory_section(name: str, costed: Sequence[CostedRun], traced: "TracedRun") -> Section:
    """Compare each stage's peak, weights excluded, with the traced one."""
    checks: list[Check] = []
    tables: list[Table] = []
    gaps: list[tuple[Cell, ...]] = []
    for each in costed:
        single, changes = each.in_one_pass(), Changes.of(each)
        for row in single.stages:
            reason = traced.why_not(row.path)
            found = None if reason else traced.stage(row.path)
            peak = row.cost.activation_bytes
            check = Check.of(
                single,
                row.path,
                "activation_bytes",
                peak,
                None if found is None else found.peak_bytes,
                relation=Relation.AT_MOST,
                reason=reason,
            )
            checks += changes.excused([check]) if changes.below(single, row.path) else [check]
            if found and each is costed[0]:
                gaps.append(_gap_row(row.path, peak, found))
                tables += [_modelled_peak(single, row.path), _live(row.path, found)]
    columns = ("stage", "cost_bytes", "float32_bytes", "kept_bytes", "traced_bytes", "ratio")
    summary = Table(
        title="peak bytes, and what an eager run adds", columns=columns, rows=tuple(gaps)
    )
    return Section(
        name=name,
        note="one pass of each stage; an eager run on the meta device needs at least the cost",
        checks=tuple(checks),
        tables=(summary, *tables) if gaps else (),
    )


def _gap_row(stage: str, peak: int, found: Trace) -> tuple[Cell, ...]:
    """Split the traced peak into the cost, wider elements and other live tensors."""
    wide = sum(tensor.wide_bytes for tensor in found.live_at_peak)
    kept = found.peak_bytes - wide - peak
    return stage, peak, wide, kept, found.peak_bytes, round(found.peak_bytes / peak, 3)


def _modelled_peak(report: Report, stage: str) -> Table:
    """The operator at the modelled peak, and what the modules around it keep alive."""
    rows: list[tuple[Cell, ...]] = []
    row = report[stage]
    while row.kind is None:
        prefix = f"{row.path}/"
        parts = [r for r in report if r.path.startswith(prefix) and r.depth == row.depth + 1]
        row = max(parts, key=lambda part: part.cost.activation_bytes + part.held_bytes)
        if row.held_bytes:
            rows.append((f"kept around {row.path}", row.held_bytes))
    rows.append((f"inputs and output of {row.path}", row.cost.activation_bytes))
    return Table(
        title=f"{stage}: the modelled peak", columns=("tensors", "bytes"), rows=tuple(rows)
    )


def _live(stage: str, found: Trace) -> Table:
    """Tensors alive at the traced peak, grouped if equal, the largest first."""
    alike = Counter(found.live_at_peak)
    ordered = sorted(alike.items(), key=lambda each: -each[0].bytes * each[1])
    return Table(
        title=f"{stage}: tensors alive at the traced peak",
        columns=("made in", "by", "type", "shape", "count", "bytes"),
        rows=tuple(
            (
                tensor.row,
                tensor.operator,
                tensor.dtype,
                " x ".join(map(str, tensor.shape)),
                count,
                tensor.bytes * count,
            )
            for tensor, count in ordered
        ),
    )
