"""A verification as text: the verdict, the targets, and what does not hold."""

from collections.abc import Iterator, Sequence

from attrs import evolve
from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.report.caption import caption
from wanmeter.report.components import Components
from wanmeter.terminal import Answered, PlainTable, Prose
from wanmeter.units import BYTES, TRAFFIC, readable
from wanmeter.verify.verification import (
    Cell,
    Check,
    Outcome,
    Relation,
    Section,
    Table,
    Verification,
)

MIB = 2**20
STYLES = {Outcome.HOLDS: "", Outcome.FAILS: "bold red", Outcome.NOT_COMPARED: "yellow"}


def render(verification: Verification, *, every: bool = False) -> RenderableType:
    """Render the verdict, the targets, and what did not hold; with `every`, all checks and tables."""
    run = verification.run
    stages = [stage.name for stage in run.pipeline().children]
    costed = caption(run.model, run.workload, Components.of(run, stages), stages)
    backends = ", ".join(verification.layer_impls)
    verdict = _summary(verification)
    made = ", ".join(f"{key} {value}" for key, value in verification.environment.items())
    parts: list[RenderableType] = [Text(), *_targets(verification)]
    if every:
        for section in verification:
            parts += [Text(), *_section(section)]
    else:
        parts += [*_open(verification), *_bounds(verification)]
    parts += [Text(), Prose(f"By {made}." if every else f"--all shows every check. By {made}.")]
    title = Prose(f"{costed}; layer_impl={backends}", style="bold")
    return Answered(Group(title, verdict), parts, verdict)


def _targets(verification: Verification) -> Iterator[RenderableType]:
    """How many checks of each target hold, and what was compared with what."""
    for section in verification:
        counts = [(section.count(outcome), outcome) for outcome in Outcome]
        told = ", ".join(f"{number:,} {outcome}" for number, outcome in counts if number)
        text = "; ".join(filter(None, (told, section.note)))
        style = "" if section.holds else "bold red"
        yield Prose(f"{section.name}: {text}", style=style, hanging="  ")


def _open(verification: Verification) -> Iterator[RenderableType]:
    """The checks that fail, and those without a measured number."""
    for section in verification:
        found = {
            outcome: [check for check in section.checks if check.outcome is outcome]
            for outcome in (Outcome.FAILS, Outcome.NOT_COMPARED)
        }
        if any(found.values()):
            yield from (Text(), Text(section.name, style="bold"))
        if found[Outcome.FAILS]:
            yield _checks(found[Outcome.FAILS])
        for check, layer_impls in _folded(found[Outcome.NOT_COMPARED]):
            what = f"{check.subject}, {check.quantity}, {', '.join(layer_impls)}"
            text = f"{what}: {check.outcome}: {check.reason}"
            yield Prose(text, style=STYLES[check.outcome], hanging="  ")


def _bounds(verification: Verification) -> list[RenderableType]:
    """How much more an eager run does than each stage's cost, which is a lower bound."""
    columns = ("stage", "quantity", "cost", "eager run", "times")
    table = PlainTable(columns, left=columns[:2], drop=["cost", "eager run"])
    for section in verification:
        stages = {row.subject.partition("/")[0].partition(" ")[0] for row in section.checks}
        whole = {*stages, *(f"{stage} in all" for stage in stages)}
        checks = [each for each in section.checks if each.relation is Relation.AT_MOST]
        for check, _ in _folded([each for each in checks if each.subject in whole]):
            if check.analytic and check.measured is not None:
                units = BYTES if check.quantity == "activation_bytes" else TRAFFIC
                both = [readable(each, units) for each in (check.analytic, check.measured)]
                times = f"{check.measured / check.analytic:.3f}"
                table.add_row(check.subject.partition(" ")[0], check.quantity, *both, times)
    return [Text(), table] if table.rows else []


def _section(section: Section) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(section.name, style="bold")]
    if section.checks:
        parts.append(_checks(section.checks))
    for table in section.tables:
        parts += [Text(), Prose(table.title, style="italic"), _table(table)]
    return parts


def _checks(checks: Sequence[Check]) -> PlainTable:
    table = PlainTable(
        ("subject", "quantity", "backend", "analytic", "measured", "difference", "outcome"),
        left=["subject", "quantity", "backend", "outcome"],
        wrap=["outcome"],
        drop=["backend", "measured", "analytic"],
    )
    for check, layer_impls in _folded(checks):
        table.add_row(
            check.subject,
            check.quantity.partition(":")[0],
            ", ".join(layer_impls),
            _number(check.analytic),
            _number(check.measured),
            _difference(check),
            f"{check.outcome}: {check.reason}" if check.reason else check.outcome.value,
            style=STYLES[check.outcome],
        )
    return table


def _folded(checks: Sequence[Check]) -> list[tuple[Check, list[str]]]:
    """Group checks that differ only in the backend."""
    folded: dict[Check, tuple[Check, list[str]]] = {}
    for check in checks:
        alike = evolve(check, layer_impl="")
        folded.setdefault(alike, (check, []))[1].append(check.layer_impl)
    return list(folded.values())


def _difference(check: Check) -> str:
    """Analytic minus measured or, for a lower bound, measured as a multiple of analytic."""
    if check.relation is Relation.AT_MOST and check.analytic and check.measured is not None:
        return f"x {check.measured / check.analytic:.3f}"
    return _number(check.difference)


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _table(table: Table) -> PlainTable:
    in_mib = [column.endswith("_bytes") for column in table.columns]
    headers = [
        f"{column.removesuffix('_bytes')} MiB" if mib else column
        for column, mib in zip(table.columns, in_mib, strict=True)
    ]
    texts = [
        header
        for i, header in enumerate(headers)
        if all(isinstance(row[i], str) for row in table.rows)
    ]
    inner = [header for header in headers[2:-2] if header not in texts]
    made = PlainTable(headers, left=texts, drop=[*reversed(texts[1:]), *inner])
    for row in table.rows:
        made.add_row(*(_cell(cell, mib) for cell, mib in zip(row, in_mib, strict=True)))
    return made


def _cell(cell: Cell, in_mib: bool) -> str:
    if in_mib and isinstance(cell, int):
        return f"{cell / MIB:,.2f}" if cell else "-"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _summary(verification: Verification) -> Prose:
    counts = ", ".join(f"{verification.count(outcome):,} {outcome}" for outcome in Outcome)
    return Prose(
        f"{'verified' if verification.holds else 'NOT VERIFIED'}: {counts}",
        style="bold" if verification.holds else "bold red",
    )
