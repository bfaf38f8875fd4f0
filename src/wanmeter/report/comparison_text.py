"""A comparison as tables and as JSON."""

from collections.abc import Mapping, Sequence

from attrs import asdict
from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.documents import as_json
from wanmeter.report import Report, Row
from wanmeter.report.comparison import QUANTITIES, Comparison, Difference
from wanmeter.terminal import Answered, PlainTable, Prose
from wanmeter.units import BYTES, FLOPS, NUMBERS, TRAFFIC, change, counted, readable

SCHEMA = "wanmeter.comparison/1"
"""The name and version of the document's layout."""


UNITS: Mapping[str, Mapping[str, int]] = {
    "flops": FLOPS,
    "vector_flops": FLOPS,
    "bytes_read": TRAFFIC,
    "bytes_written": TRAFFIC,
    "params": NUMBERS,
    "weight_bytes": BYTES,
    "activation_bytes": BYTES,
    "kv_cache_bytes": BYTES,
    "held_bytes": BYTES,
}
"""Units of what is not a small number."""


def render(
    comparison: Comparison,
    names: tuple[str, str],
    quantities: Sequence[str] = (),
    *,
    top: int,
    exact: bool = False,
) -> RenderableType:
    """Render how the whole differs, the settings that differ, the totals, and the modules by quantity.

    Without quantities all are compared, and the modules are those of the first one that differs.
    """
    titles = [
        Prose(f"{side}: {name}: {report.caption}", style="bold", hanging="   ")
        for side, name, report in zip("AB", names, _reports(comparison), strict=True)
    ]
    differing = {name: comparison.differences(name) for name in quantities or QUANTITIES}
    total = [each for each in comparison.total if each.quantity in differing]
    verdict = Prose(f"{_whole(total)}{_summary(comparison, differing)}")
    parts: list[RenderableType] = []
    if comparison.settings:
        parts += [Text(), _settings(comparison)]
    if total:
        parts += [Text(), _table("the run", total, exact=exact)]
    found = [name for name, differences in differing.items() if differences]
    for quantity in found if quantities else found[:1]:
        parts += [Text(), _table(quantity, differing[quantity], exact=exact, top=top)]
    if found[1:] and not quantities:
        others = ", ".join(found[1:])
        parts += [Text(), Prose(f"--field shows modules by {others}; --exact shows all digits.")]
    parts += _only("A", comparison.only_in_first)
    parts += _only("B", comparison.only_in_second)
    return Answered(Group(*titles, verdict), parts, verdict)


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


def _settings(comparison: Comparison) -> PlainTable:
    table = PlainTable(("setting", "A", "B"), left=["setting"], wrap=["A", "B"])
    one, other = ({name for name, _ in each.components} for each in _reports(comparison))
    for setting in comparison.settings:
        if setting.key.partition(".")[0] not in one ^ other:  # whose modules are told below
            table.add_row(setting.key, _value(setting.first), _value(setting.second))
    return table


def _value(value: object) -> str:
    return "-" if value is None else str(value)


def _table(
    name: str, differences: Sequence[Difference], *, exact: bool, top: int | None = None
) -> PlainTable:
    table = PlainTable((name, "A", "B", "B - A", "change"), left=[name], drop=["B - A", "A"])
    for each in differences[:top]:
        units = None if exact else UNITS.get(each.quantity)
        sign = "+" if each.absolute > 0 else "-" if each.absolute else ""
        table.add_row(
            each.quantity if each.path == "total" else each.path,
            _count(each.first, units),
            _count(each.second, units),
            f"{sign}{_count(abs(each.absolute), units)}",
            _change(each),
        )
    if top is not None and len(differences) > top:
        table.add_row(f"{len(differences) - top} more", "", "", "", "")
    return table


def _count(count: int | None, units: Mapping[str, int] | None) -> str:
    if count is None:
        return "-"
    return f"{count:,}" if units is None else readable(count, units)


def _change(each: Difference) -> str:
    return change(each.first or 0, each.second or 0)


def _only(side: str, rows: Sequence[Row]) -> list[RenderableType]:
    """The modules that only one side has."""
    if not rows:
        return []
    lines = [Prose(module, indent="  ", hanging="    ") for module in _topmost(rows)]
    return [Text(), Text(f"only in {side}", style="bold"), *lines]


def _whole(total: Sequence[Difference]) -> str:
    """By how much each quantity of the run differs."""
    changes = [f"{each.quantity} {_change(each)}" for each in total if each.absolute]
    return f"B against A: {', '.join(changes)}. " if changes else ""


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
