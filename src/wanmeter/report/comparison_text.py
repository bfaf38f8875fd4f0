"""A comparison as tables and as JSON."""

from collections.abc import Mapping, Sequence

from attrs import asdict
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.documents import as_json
from wanmeter.report import Report, Row
from wanmeter.report.comparison import QUANTITIES, Comparison, Difference
from wanmeter.report.table import plain_table
from wanmeter.units import change, counted

SCHEMA = "wanmeter.comparison/1"
"""The name and version of the document's layout."""


def render(
    comparison: Comparison, names: tuple[str, str], quantities: Sequence[str], *, top: int
) -> RenderableType:
    """Render the runs, the settings that differ, the totals, and the modules by quantity."""
    parts: list[RenderableType] = [
        Text(f"{side}: {name}: {_title(report)}", style="bold")
        for side, name, report in zip("AB", names, _reports(comparison), strict=True)
    ]
    if comparison.settings:
        parts += [Text(), _settings(comparison)]
    differing = {quantity: comparison.differences(quantity) for quantity in quantities}
    parts += [Text(), _table("the run", [d for d in comparison.total if d.quantity in quantities])]
    for quantity, differences in differing.items():
        if differences:
            parts += [Text(), _table(quantity, differences, top=top)]
    parts += _only("A", comparison.only_in_first)
    parts += _only("B", comparison.only_in_second)
    return Group(*parts, Text(), Text(_summary(comparison, differing)))


def to_json(comparison: Comparison, names: tuple[str, str], quantities: Sequence[str]) -> str:
    """The comparison as JSON text, with exact integers, in the order of `render`."""

    def side(name: str, report: Report) -> dict[str, object]:
        provenance = asdict(report.provenance)
        return {"name": name, "caption": report.caption, "provenance": provenance}

    def difference(each: Difference) -> dict[str, object]:
        return {**asdict(each), "difference": each.absolute, "change": _change(each)}

    first, second = (
        side(name, report) for name, report in zip(names, _reports(comparison), strict=True)
    )
    document = {
        "schema": SCHEMA,
        "first": first,
        "second": second,
        "settings": [asdict(setting) for setting in comparison.settings],
        "total": [difference(each) for each in comparison.total if each.quantity in quantities],
        "modules": [
            difference(each) for quantity in quantities for each in comparison.differences(quantity)
        ],
        "only_in_first": [row.path for row in comparison.only_in_first],
        "only_in_second": [row.path for row in comparison.only_in_second],
    }
    return as_json(document)


def _reports(comparison: Comparison) -> tuple[Report, Report]:
    return comparison.first, comparison.second


def _title(report: Report) -> str:
    provenance = report.provenance
    return f"{report.caption}; layer_impl={provenance.layer_impl}, version {provenance.version}"


def _settings(comparison: Comparison) -> Table:
    columns = ("setting", "A", "B")
    table = plain_table(*columns, left=columns)
    for setting in comparison.settings:
        table.add_row(setting.key, _value(setting.first), _value(setting.second))
    return table


def _value(value: object) -> str:
    return "-" if value is None else str(value)


def _table(name: str, differences: Sequence[Difference], *, top: int | None = None) -> Table:
    table = plain_table(name, "A", "B", "B - A", "change", left=[name])
    for each in differences[:top]:
        table.add_row(
            each.quantity if each.path == "total" else each.path,
            _count(each.first),
            _count(each.second),
            f"{each.absolute:+,}" if each.absolute else "0",
            _change(each),
        )
    if top is not None and len(differences) > top:
        table.add_row(f"{len(differences) - top} more", "", "", "", "")
    return table


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _change(each: Difference) -> str:
    return change(each.first or 0, each.second or 0)


def _only(side: str, rows: Sequence[Row]) -> list[RenderableType]:
    """The modules that only one side has."""
    if not rows:
        return []
    lines = [Text(f"  {module}") for module in _topmost(rows)]
    return [Text(), Text(f"only in {side}", style="bold"), *lines]


def _summary(comparison: Comparison, differing: Mapping[str, Sequence[Difference]]) -> str:
    modules = {row.path for report in _reports(comparison) for row in report}
    paths = {each.path for differences in differing.values() for each in differences}
    alone = len(comparison.only_in_first) + len(comparison.only_in_second)
    fields = "any field" if len(differing) == len(QUANTITIES) else ", ".join(differing)
    told = []
    if paths:
        told.append(f"{len(paths)} of {len(modules)} modules differ in {fields}")
    if alone:
        told.append(f"{counted(alone, 'module')} in one report only")
    if not told:
        told.append(f"No difference in {fields}, in {len(modules)} modules")
    return f"{'; '.join(told)}."


def _topmost(rows: Sequence[Row]) -> list[str]:
    """The modules that are inside no other one here, and how many are inside each."""
    parts: dict[str, int] = {}
    top: dict[str, str] = {}
    for row in rows:  # parents come before their parts
        top[row.path] = top.get(row.parent, row.path)
        parts[top[row.path]] = parts.get(top[row.path], -1) + 1
    return [
        f"{path}, and its {counted(count, 'part')}" if count else path
        for path, count in parts.items()
    ]
