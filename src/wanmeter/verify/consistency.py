"""Checks wanmeter against itself: parents, backends, passes and steps. Needs no torch."""

from collections.abc import Iterable, Iterator, Sequence

from attrs import asdict, evolve

from wanmeter.backends import PACKAGED
from wanmeter.cost import StageCost
from wanmeter.layers import Layer, StepScaled, walk
from wanmeter.models import Run
from wanmeter.report import Report
from wanmeter.report.row import parents
from wanmeter.verify.costed_run import CostedRun
from wanmeter.verify.verification import Check, Section

_Comparison = tuple[str, str, int, int]
"""A subject, a field, and two numbers that must be equal."""


def consistency_section(name: str, costed: Sequence[CostedRun]) -> Section:
    """Check every law on the run's own tree; violations are listed by path."""
    checks: list[Check] = []
    for each in costed:
        laws = {
            "parents equal their children": parents(each.report.total, each.report.modules),
            "StepScaled distributes, nests and keeps memory": _step_scaled(each.run),
            "passes multiply work and keep memory": _passes(each),
        }
        for law, comparisons in laws.items():
            checks += _checks(law, each.layer_impl, comparisons)
    if {each.layer_impl for each in costed} <= set(PACKAGED):
        one, other = (costed[0].by(backend).report for backend in PACKAGED)
        checks += _checks("backends agree", " = ".join(PACKAGED), _agreement(one, other))
    return Section(name=name, note="every row, every field; no torch", checks=tuple(checks))


def _checks(law: str, layer_impl: str, comparisons: Iterable[_Comparison]) -> Iterator[Check]:
    """One check that counts a law's comparisons, and one for each that fails."""
    made = list(comparisons)
    broken = [each for each in made if each[2] != each[3]]
    yield Check(
        subject=law,
        quantity="comparisons",
        layer_impl=layer_impl,
        analytic=len(made),
        measured=len(made) - len(broken) if made else None,
        reason="" if made else "this run has nothing to compare",
        outside=not made,
    )
    for subject, quantity, one, other in broken:
        yield Check(
            subject=f"{law}: {subject}",
            quantity=quantity,
            layer_impl=layer_impl,
            analytic=one,
            measured=other,
        )


def _fields(subject: str, one: StageCost, other: StageCost) -> Iterator[_Comparison]:
    other_fields = asdict(other)
    for name, value in asdict(one).items():
        yield subject, name, value, other_fields[name]


def _step_scaled(run: Run) -> Iterator[_Comparison]:
    for visit in walk(run.pipeline()):
        layer = visit.layer
        twice = StepScaled(layer, 2)
        yield from _fields(visit.path, StepScaled(twice, 3).cost, StepScaled(layer, 6).cost)
        yield from _fields(visit.path, layer.cost + layer.cost, _doubled(twice))
        if twice.children:
            parts = sum((child.cost for child in twice.children), StageCost())
            yield from _fields(visit.path, twice.cost, parts)


def _doubled(twice: Layer) -> StageCost:
    """The cost of two passes if the second had its own weights, as in `a + a`."""
    cost = twice.cost
    return evolve(
        cost,
        params=2 * cost.params,
        weight_bytes=2 * cost.weight_bytes,
        kv_cache_bytes=2 * cost.kv_cache_bytes,
    )


def _passes(costed: CostedRun) -> Iterator[_Comparison]:
    """Compare the transformers and the text encoder of a run with one pass, rerun."""
    run = costed.run
    for row in costed.in_one_pass():
        if run.component(row.stage) in ("text_encoder", "transformer"):
            (passes,) = run.reference.stages[row.stage].passes(run)
            if passes.count:  # an expert without steps is never called
                cost = row.cost.rerun(passes.count)
                yield from _fields(row.path, costed.report[row.path].cost, cost)


def _agreement(one: Report, other: Report) -> Iterator[_Comparison]:
    rows = {row.path: row for row in other}
    yield "rows", "count", len(one.modules), len(rows)
    for row in one:
        twin = rows.get(row.path)
        yield row.path, "exists", 1, int(twin is not None)
        if twin is not None:
            yield from _fields(row.path, row.cost, twin.cost)
            for name in ("copies", "calls", "held_bytes"):
                yield row.path, name, getattr(row, name), getattr(twin, name)
