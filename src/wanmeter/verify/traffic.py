"""Compares bytes moved, a lower bound, with an eager run of the real models, and explains the gap.

The cost is what the mathematics needs. An eager run also casts, copies, uses float32 temporaries, and
runs several operators where one would do. Each cause is counted, so that the causes and the cost add up
to exactly what the run moves.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from wanmeter.layers import OperatorKind
from wanmeter.report import Report, Row
from wanmeter.verify.changes import Changes
from wanmeter.verify.costed_run import CostedRun
from wanmeter.verify.real.trace_records import Trace, TracedOperator, Traffic
from wanmeter.verify.verification import Cell, Check, Relation, Section, Table

if TYPE_CHECKING:
    from wanmeter.verify.real.traced_run import TracedRun

CASTS = frozenset({"_to_copy"})
COPIES = frozenset({"clone", "cat", "stack", "copy_", "constant_pad_nd"})
MATRIX = frozenset(
    {
        "mm",
        "addmm",
        "bmm",
        "convolution",
        "_scaled_dot_product_flash_attention",
        "_scaled_dot_product_efficient_attention",
    }
)
MATRIX_KINDS = frozenset({OperatorKind.GEMM, OperatorKind.CONVOLUTION, OperatorKind.ATTENTION})

CAUSES = {
    "casts": "conversions to another type, which read and write a tensor once more",
    "copies": "copies that permute, concatenate or pad tensors",
    "float32": "extra bytes of other operators on elements wider than the model's",
    "matrix": "what matrix multiplies, convolutions and attention cores move beyond their cost",
    "unfused": "what all other operators move beyond their cost, as steps are not fused",
}
"""Why an eager run moves more bytes than the cost; the causes add up to the whole difference.

The last two are negative where copies do what the cost counts in an operator: the VAE's cached frames,
the rotary table.
"""


def traffic_section(name: str, costed: Sequence[CostedRun], traced: "TracedRun") -> Section:
    """Compare the bytes that each module reads and writes with the traced ones, in one pass per stage."""
    checks: list[Check] = []
    legend = Table(title="causes", columns=("cause", "meaning"), rows=tuple(CAUSES.items()))
    tables = [legend]
    for each in costed:
        single, outside = each.in_one_pass(), each.run.reference.outside
        changes = Changes.of(each)
        for stage in (row.path for row in single.stages):
            if reason := traced.why_not(stage):
                checks += _checks(single, stage, [single[stage]], None, reason)
                continue
            found = traced.stage(stage)
            operators = _operators(single, stage, found, outside)
            groups = [
                (_itself(row, operators), modelled, _moved(found, row))
                for row, modelled in operators.items()
            ]
            whole = [row for modelled in operators.values() for row in modelled]
            groups.append((f"{stage} in all", whole, list(found.traffic.items())))
            for subject, modelled, moved in groups:
                made = _checks(single, subject, modelled, moved)
                changed = any(changes.has(row.path) for row in modelled)
                checks += changes.excused(made) if changed else made
            for row in outside & {row.path for row in single}:
                if row.startswith(stage):
                    theirs = _checks(
                        single, row, [single[row]], None, "done by the pipeline itself"
                    )
                    checks += [evolve(check, outside=True) for check in theirs]
            if each is costed[0]:
                tables += [_by_module(stage, operators, found), _by_operator(stage, found)]
    return Section(
        name=name,
        note="one pass of each stage; an eager run on the meta device moves at least the cost",
        checks=tuple(checks),
        tables=tuple(tables),
    )


def _operators(
    report: Report, stage: str, found: Trace, outside: frozenset[str]
) -> dict[str, list[Row]]:
    """Group a stage's operators by the nearest enclosing row whose module was entered."""
    groups: dict[str, list[Row]] = {row.path: [] for row in report if row.path in found.rows}
    for row in report:
        if row.kind and row.stage == stage and row.path not in outside:
            parts = row.path.split("/")
            around = ("/".join(parts[:n]) for n in range(len(parts), 0, -1))
            groups[next(path for path in around if path in groups)].append(row)
    return groups


def _itself(path: str, rows: Iterable[str]) -> str:
    """The label of a row: its path, followed by `itself` if some of its parts have their own rows."""
    return f"{path} itself" if any(row.startswith(f"{path}/") for row in rows) else path


_Moved = list[tuple[TracedOperator, Traffic]]


def _moved(found: Trace, row: str) -> _Moved:
    return [(operator, moved) for operator, moved in found.traffic.items() if operator.row == row]


def _checks(
    report: Report, subject: str, modelled: list[Row], moved: _Moved | None, reason: str = ""
) -> Iterator[Check]:
    """Compare what operators read and write with the trace."""
    for quantity in ("bytes_read", "bytes_written"):
        analytic = sum(getattr(row.cost, quantity) for row in modelled)
        traced = None if moved is None else sum(getattr(each, quantity) for _, each in moved)
        if analytic or traced:
            yield Check.of(
                report,
                subject,
                quantity,
                analytic,
                traced,
                relation=Relation.AT_MOST,
                reason=reason,
            )


def gap(modelled: list[Row], moved: _Moved) -> dict[str, int]:
    """The bytes beyond the cost, by cause; they add up to the whole difference."""
    causes = dict.fromkeys(CAUSES, 0)
    for operator, traffic in moved:
        if operator.name in CASTS:
            causes["casts"] += traffic.io_bytes
        elif operator.name in COPIES:
            causes["copies"] += traffic.io_bytes
        else:
            causes["float32"] += traffic.wide_bytes
            causes[_kind(operator.name in MATRIX)] += traffic.io_bytes - traffic.wide_bytes
    for row in modelled:
        causes[_kind(row.kind in MATRIX_KINDS)] -= row.cost.io_bytes
    return causes


def _kind(matrix: bool) -> str:
    return "matrix" if matrix else "unfused"


def _by_module(stage: str, operators: dict[str, list[Row]], found: Trace) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for path, modelled in operators.items():
        rows.append(_gap_row(_itself(path, operators), modelled, _moved(found, path)))
    everything = [row for modelled in operators.values() for row in modelled]
    rows.append(_gap_row(f"{stage} in all", everything, list(found.traffic.items())))
    return Table(
        title=f"{stage}: bytes moved, and what an eager run adds",
        columns=(
            "module",
            "cost_bytes",
            *(f"{cause}_bytes" for cause in CAUSES),
            "traced_bytes",
            "ratio",
        ),
        rows=tuple(rows),
    )


def _gap_row(path: str, modelled: list[Row], moved: _Moved) -> tuple[Cell, ...]:
    cost = sum(row.cost.io_bytes for row in modelled)
    traced = sum(traffic.io_bytes for _, traffic in moved)
    return path, cost, *gap(modelled, moved).values(), traced, _ratio(traced, cost)


def _ratio(traced: int, cost: int) -> Cell:
    return round(traced / cost, 3) if cost else "-"


def _by_operator(stage: str, found: Trace) -> Table:
    """The operators of a stage, grouped by name and types, the largest first."""
    totals: dict[tuple[str, str], Traffic] = {}
    for operator, moved in found.traffic.items():
        key = (operator.name, operator.types)
        totals[key] = totals.get(key, Traffic()) + moved
    ordered = sorted(totals.items(), key=lambda each: (-each[1].io_bytes, each[0]))
    return Table(
        title=f"{stage}: operators of the eager run",
        columns=("operator", "types", "calls", "read_bytes", "written_bytes", "wide_bytes"),
        rows=tuple(
            (*key, moved.calls, moved.bytes_read, moved.bytes_written, moved.wide_bytes)
            for key, moved in ordered
        ),
    )
