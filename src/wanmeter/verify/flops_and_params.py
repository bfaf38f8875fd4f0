"""Compares FLOPs and parameters with the measured ones, which they must equal."""

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from wanmeter.models import Run
from wanmeter.models.reference import Counterpart, Counterparts, RealPasses
from wanmeter.report import Report, Row
from wanmeter.verify.changes import Changes
from wanmeter.verify.costed_run import PARTIAL, CostedRun, one_pass
from wanmeter.verify.real.measure import Measurement, RealRun
from wanmeter.verify.real.observe import observe
from wanmeter.verify.verification import Check, Section

QUANTITIES = ("flops", "params")

WITHOUT = "without"
"""Between a row and the parts of it that a backend changes."""

MAX_WATCHED_STEPS = 1000
"""Most steps for which a toy pipeline is run; these take seconds."""


def modules_section(
    name: str, stages: Sequence[str], costed: Sequence[CostedRun], real: RealRun
) -> Section:
    """Compare each module of some stages with the real one, in one forward pass."""
    checks: list[Check] = []
    run = one_pass(real.run)
    # The rows to expect: backends name their parts alike.
    expected = costed[0].by("shared").in_one_pass()
    for each in costed:
        single, changes = each.in_one_pass(), Changes.of(each)
        for stage in stages:
            real_stage = run.reference.stages[stage]
            if reason := real_stage.why_not(run):
                checks += _not_compared(single, stage, reason)
            else:
                measured = real.measured(stage, real_stage.passes(run))
                compared = list(_rows(run, single, expected, stage, measured, changes))
                checks += compared
                checks += _left_over(run, single, expected, stage, compared, changes)
    return Section(
        name=name,
        note="module by module, in one forward pass; FlopCounterMode on the meta device",
        checks=tuple(checks),
    )


def end_to_end_section(name: str, costed: Sequence[CostedRun], real: RealRun) -> Section:
    """Compare each stage in all its passes, and the total, with the real models.

    The passes are counted in diffusers' own pipeline.
    """
    steps = real.run.workload.num_inference_steps
    if steps > MAX_WATCHED_STEPS:
        reason = f"more than {MAX_WATCHED_STEPS} steps take too long to run"
        observed: Mapping[str, Sequence[RealPasses]] = {}
    else:
        reason, observed = "", observe(real.run)
    checks = [check for each in costed for check in _whole_run(each, real, observed, reason)]
    return Section(
        name=name,
        note="the whole run; each model measured once, its passes counted in diffusers' own pipeline",
        checks=tuple(checks),
    )


def _whole_run(
    costed: CostedRun, real: RealRun, observed: Mapping[str, Sequence[RealPasses]], reason: str
) -> Iterator[Check]:
    report, changes = costed.report, Changes.of(costed)
    run, reference = real.run, real.run.reference
    totals = [Check.of(report, "total", quantity, 0, 0) for quantity in QUANTITIES]
    missing = ""
    for row in report.stages:
        stage = row.path
        why = reason or reference.stages[stage].why_not(run)
        why = why or ("" if reference.stages[stage].is_whole(run) else PARTIAL)
        counted = reference.stages[stage].passes(run)
        # A model that is never called is loaded, in the real pipeline too.
        idle = () if any(each.count for each in counted) else counted
        passes = observed.get(stage, idle)
        if not why:
            yield from _passes(run, report, stage, passes)
        if why or not passes:
            missing = missing or f"{stage} was not compared"
            yield from _not_compared(report, stage, why or "diffusers' pipeline never runs it")
            continue
        measured = real.measured(stage, passes)
        table = reference.counterparts(run, stage)
        checks = [_check(report, (stage,), q, table, measured, changes) for q in QUANTITIES]
        totals = [
            evolve(
                total,
                subject=total.subject + check.subject.removeprefix(stage),
                analytic=(total.analytic or 0) + (check.analytic or 0),
                measured=(total.measured or 0) + (check.measured or 0),
            )
            for total, check in zip(totals, checks, strict=True)
        ]
        yield from checks
    if missing:
        yield from _not_compared(report, "total", missing)
    else:
        yield from totals


def _passes(
    run: Run, report: Report, stage: str, observed: Sequence[RealPasses]
) -> Iterator[Check]:
    """Compare how often a stage's model runs, by the number of frames in its input."""
    counted, seen = (
        {each.num_frames: each.count for each in passes}
        for passes in (run.reference.stages[stage].passes(run), observed)
    )
    for length in sorted({*counted, *seen}, reverse=True):
        quantity = f"passes of {length} frames" if stage.startswith("vae") else "passes"
        yield Check.of(report, stage, quantity, counted.get(length, 0), seen.get(length, 0))


def _rows(
    run: Run,
    report: Report,
    expected: Report,
    stage: str,
    measured: Measurement,
    changes: Changes,
) -> Iterator[Check]:
    """Compare a stage's rows with their real modules, unless both are zero."""
    table = run.reference.counterparts(run, stage)
    # Parts of the real model that the transformer options leave out, in every backend.
    left_out = [
        row
        for rows, counterpart in table.items()
        for row in rows
        if row not in expected
        and any(_total(measured, counterpart, quantity) for quantity in QUANTITIES)
    ]
    for rows, counterpart in table.items():
        if any(row not in report or changes.has(row) for row in rows):
            continue  # `_left_over` lists them
        partial = any(gone.startswith(f"{row}/") for gone in left_out for row in rows)
        for quantity in ("flops",) if counterpart.own else QUANTITIES:
            check = _check(report, rows, quantity, table, measured, changes)
            if partial:
                yield evolve(check, measured=None, reason=PARTIAL)
            elif check.analytic or check.measured:
                yield check


def _check(
    report: Report,
    rows: tuple[str, ...],
    quantity: str,
    table: Counterparts,
    measured: Measurement,
    changes: Changes,
) -> Check:
    """Compare rows with their real modules, without the parts that the backend changes."""
    analytic = sum(getattr(report[row].cost, quantity) for row in rows)
    found = _total(measured, table[rows], quantity)
    below = {part.path for row in rows for part in changes.below(report, row)}
    for parts, counterpart in table.items():
        if below & set(parts):
            analytic -= sum(getattr(report[part].cost, quantity) for part in parts)
            if not (counterpart.own and quantity == "params"):
                found -= _total(measured, counterpart, quantity)
    subject = " + ".join(rows)
    if below:
        subject += f" {WITHOUT} {', '.join(changes.paths)}"
    return Check.of(report, subject, quantity, analytic, found)


def _left_over(
    run: Run,
    report: Report,
    expected: Report,
    stage: str,
    compared: Sequence[Check],
    changes: Changes,
) -> Iterator[Check]:
    """List the rows that a backend lacks, and those that were not compared."""
    for row in _counting(expected, stage):
        if row.path not in report and not changes.has(row.path):
            reason = f"{report.provenance.layer_impl} has no such row"
            for quantity in QUANTITIES:
                yield Check.of(report, row.path, quantity, None, None, reason=reason)
    subjects = (check.subject.partition(f" {WITHOUT} ")[0] for check in compared)
    done = {row for subject in subjects for row in subject.split(" + ")}
    whole = run.reference.stages[stage].is_whole(run)
    reason = "the real model has no such module" if whole else PARTIAL
    table = run.reference.counterparts(run, stage)
    beside = {row for rows in table if any(map(changes.has, rows)) for row in rows}
    for row in _counting(report, stage):
        if changes.has(row.path) or row.path in beside:
            yield from changes.excused(_not_compared(report, row.path, ""))
        elif row.path not in done:
            yield from _not_compared(report, row.path, reason)


def _counting(report: Report, stage: str) -> Iterator[Row]:
    """The rows of a stage that have FLOPs or parameters."""
    for row in report:
        if row.stage == stage and (row.cost.flops or row.cost.params):
            yield row


def _total(measured: Measurement, counterpart: Counterpart, quantity: str) -> int:
    """The sum over a counterpart's modules; modules that the model lacks count 0."""
    field = "own_flops" if counterpart.own else quantity
    return sum(getattr(measured[name], field) for name in counterpart.modules if name in measured)


def _not_compared(report: Report, subject: str, reason: str) -> Iterator[Check]:
    cost = report[subject].cost if subject in report else report.total
    for quantity in QUANTITIES:
        yield Check.of(report, subject, quantity, getattr(cost, quantity), None, reason=reason)
