"""FLOPs and parameters beside the measured ones: what has to be equal, to the last unit."""

from collections.abc import Iterator, Sequence

from attrs import evolve

from wanmeter.report import Report
from wanmeter.verify.check import Check, Section
from wanmeter.verify.modules import Counterpart, counterparts
from wanmeter.verify.real.measure import Measurement, RealRun
from wanmeter.verify.real.observe import observe
from wanmeter.verify.schedule import Schedule, one_pass, schedule, why_not

QUANTITIES = ("flops", "params")

MOST_WATCHED_STEPS = 1000
"""Steps that a toy pipeline can be watched for in seconds."""

PARTIAL = "the real module has parts that this scope of the transformer leaves out"


def modules_section(
    name: str, stages: Sequence[str], reports: Sequence[Report], real: RealRun
) -> Section:
    """Each module of some stages in one forward pass, beside the same module of the real model."""
    checks: list[Check] = []
    run = one_pass(real.run)
    for report in reports:
        single = Report.of(evolve(run, layer_impl=report.run.layer_impl))
        for stage in stages:
            if reason := why_not(run, stage):
                checks += _not_compared(single, stage, reason)
            else:
                checks += _rows(single, stage, real.measured(stage, schedule(run)[stage]))
    return Section(
        name=name,
        note="module by module, in one forward pass; FlopCounterMode on the meta device",
        checks=tuple(checks),
    )


def end_to_end_section(name: str, reports: Sequence[Report], real: RealRun) -> Section:
    """Each stage in all its passes, and the run in total, beside the real models'.

    The passes are those that diffusers' own pipeline makes.
    """
    steps = real.run.workload.num_inference_steps
    if steps > MOST_WATCHED_STEPS:
        reason = f"more than {MOST_WATCHED_STEPS} steps take too long to watch"
        observed: Schedule = {}
    else:
        reason, observed = "", observe(real.run)
    checks = [check for report in reports for check in _whole_run(report, real, observed, reason)]
    return Section(
        name=name,
        note="the whole run; each model measured once, its passes counted in diffusers' own pipeline",
        checks=tuple(checks),
    )


def _whole_run(report: Report, real: RealRun, observed: Schedule, reason: str) -> Iterator[Check]:
    counted = schedule(report.run)
    totals = dict.fromkeys(QUANTITIES, 0)
    missing = ""
    for row in report.stages:
        stage = row.path
        why = reason or why_not(report.run, stage) or ("" if _is_whole(report, stage) else PARTIAL)
        if why:
            missing = missing or f"{stage} was not compared"
            yield from _not_compared(report, stage, why)
            continue
        passes = observed.get(stage, ())
        yield _check(
            report,
            stage,
            "passes",
            sum(each.count for each in counted[stage]),
            sum(each.count for each in passes),
        )
        measured = real.measured(stage, passes)
        counterpart = counterparts(stage, report.model.task)[(stage,)]
        for quantity in QUANTITIES:
            found = _total(measured, counterpart, quantity)
            totals[quantity] += found
            yield _check(report, stage, quantity, getattr(row.cost, quantity), found)
    if missing:
        yield from _not_compared(report, "total", missing)
    else:
        for quantity, found in totals.items():
            yield _check(report, "total", quantity, getattr(report.total, quantity), found)


def _rows(report: Report, stage: str, measured: Measurement) -> Iterator[Check]:
    """A stage's rows that stand for modules, as far as either side has something to count."""
    whole = _is_whole(report, stage)
    for rows, counterpart in counterparts(stage, report.model.task).items():
        absent = [row for row in rows if row not in report]
        if absent and whole:
            reason = f"{report.provenance.layer_impl} has no such row"
            yield _check(report, absent[0], "flops", 0, None, reason)
        elif not absent and not whole and any(report[row].kind is None for row in rows):
            yield from _not_compared(report, " + ".join(rows), PARTIAL)
        elif not absent:
            for quantity in ("flops",) if counterpart.own else QUANTITIES:
                analytic = sum(getattr(report[row].cost, quantity) for row in rows)
                found = _total(measured, counterpart, quantity)
                if analytic or found:
                    yield _check(report, " + ".join(rows), quantity, analytic, found)


def _total(measured: Measurement, counterpart: Counterpart, quantity: str) -> int:
    field = "own_flops" if counterpart.own else quantity
    return sum(getattr(measured[name], field) for name in counterpart.modules)


def _is_whole(report: Report, stage: str) -> bool:
    """Whether the stage is read with all the parts of the real model."""
    options = report.run.transformer
    return stage != "transformer" or (options.scope == "full" and options.qk_norm)


def _check(
    report: Report,
    subject: str,
    quantity: str,
    analytic: int,
    measured: int | None,
    reason: str = "",
) -> Check:
    return Check(
        subject=subject,
        quantity=quantity,
        layer_impl=report.provenance.layer_impl,
        analytic=analytic,
        measured=measured,
        reason=reason,
    )


def _not_compared(report: Report, subject: str, reason: str) -> Iterator[Check]:
    cost = report[subject].cost if subject in report else report.total
    for quantity in QUANTITIES:
        yield _check(report, subject, quantity, getattr(cost, quantity), None, reason)
