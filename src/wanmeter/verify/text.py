"""A verification as text: tables and a summary line."""

from attrs import evolve
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from wanmeter.report.caption import caption
from wanmeter.report.components import Components
from wanmeter.report.table import plain_table
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


def render(verification: Verification) -> RenderableType:
    """Render the run and the environment, each section, and the summary."""
    run = verification.run
    stages = [stage.name for stage in run.pipeline().children]
    costed = caption(run.model, run.workload, Components.of(run, stages), stages)
    backends = ", ".join(verification.layer_impls)
    parts: list[RenderableType] = [
        Text(f"{costed}; layer_impl={backends}", style="bold"),
        Text(", ".join(f"{key} {value}" for key, value in verification.environment.items())),
    ]
    for section in verification:
        parts += [Text(), *_section(section)]
    return Group(*parts, Text(), _summary(verification))


def _section(section: Section) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(f"{section.name}: {section.note}", style="bold")]
    if section.checks:
        parts.append(_checks(section.checks))
    for table in section.tables:
        parts += [Text(), Text(table.title, style="italic"), _table(table)]
    return parts


def _checks(checks: tuple[Check, ...]) -> RichTable:
    table = plain_table(
        "subject",
        "quantity",
        "backend",
        "analytic",
        "measured",
        "difference",
        "outcome",
        left=["subject", "quantity", "backend", "outcome"],
    )
    for check, layer_impls in _folded(checks):
        table.add_row(
            check.subject,
            check.quantity,
            ", ".join(layer_impls),
            _number(check.analytic),
            _number(check.measured),
            _difference(check),
            f"{check.outcome}: {check.reason}" if check.reason else check.outcome.value,
            style=STYLES[check.outcome],
        )
    return table


def _folded(checks: tuple[Check, ...]) -> list[tuple[Check, list[str]]]:
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


def _table(table: Table) -> RichTable:
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
    made = plain_table(*headers, left=texts)
    for row in table.rows:
        made.add_row(*(_cell(cell, mib) for cell, mib in zip(row, in_mib, strict=True)))
    return made


def _cell(cell: Cell, in_mib: bool) -> str:
    if in_mib and isinstance(cell, int):
        return f"{cell / MIB:,.2f}" if cell else "-"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _summary(verification: Verification) -> Text:
    counts = ", ".join(f"{verification.count(outcome)} {outcome}" for outcome in Outcome)
    return Text(
        f"{'verified' if verification.holds else 'NOT VERIFIED'}: {counts}",
        style="bold" if verification.holds else "bold red",
    )
