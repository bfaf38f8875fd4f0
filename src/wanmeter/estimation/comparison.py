"""Two estimates side by side: one card against another, one kernel against another."""

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import frozen
from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.documents import as_json
from wanmeter.estimation.amounts import plain_duration
from wanmeter.estimation.compared import ComparedEstimate
from wanmeter.terminal import Answered, PlainTable, Prose
from wanmeter.units import GIB

SCHEMA = "wanmeter.estimate_comparison/1"

LEAST_SHARE = 0.005
"""Terms with less of A's seconds in both estimates are shown together."""


TERM = " seconds"
"""How the names of terms end."""


@frozen(kw_only=True)
class NumberPair:
    """A number of two estimates; `None` where an estimate does not have it."""

    name: str
    first: float | None
    second: float | None

    @property
    def change(self) -> float | None:
        """The relative difference from the first; `None` where it is 0 or missing."""
        if not self.first or self.second is None:
            return None
        return (self.second - self.first) / self.first


@frozen(kw_only=True)
class EstimateComparison:
    """Two estimates and what differs."""

    first: ComparedEstimate
    second: ComparedEstimate

    def __repr__(self) -> str:
        models = " and ".join(dict.fromkeys([self.first.model, self.second.model]))
        told = {pair.name: pair for pair in self.numbers}
        seconds = told.get("seconds")
        if seconds is None or not seconds.first or not seconds.second:
            return f"<EstimateComparison of {models}: no seconds>"
        ends = f"{plain_duration(seconds.first)}, {plain_duration(seconds.second)}"
        difference = seconds.second / seconds.first - 1
        return f"<EstimateComparison of {models}: {ends}, {difference:+.1%}>"

    @property
    def settings(self) -> dict[str, tuple[object, object]]:
        """The settings that differ."""
        one, other = self.first.settings, self.second.settings
        models = {"model": (self.first.model, self.second.model)}
        every = models | {key: (one.get(key), other.get(key)) for key in {**one, **other}}
        return {key: pair for key, pair in every.items() if pair[0] != pair[1]}

    @property
    def numbers(self) -> tuple[NumberPair, ...]:
        """All numbers of both, the seconds first; kernels that serve the same stand beside each other."""
        one, other = self.first.numbers, self.second.numbers
        names = {**one, **other}
        places = {group: place for place, group in enumerate(dict.fromkeys(map(_group, names)))}
        return tuple(
            NumberPair(name=name, first=one.get(name), second=other.get(name))
            for name in sorted(
                names, key=lambda each: ("seconds" not in each, places[_group(each)])
            )
        )

    def above(self, limit: float) -> tuple[NumberPair, ...]:
        """The numbers that differ by more than a share of the first, or that only one estimate has."""
        return tuple(
            pair
            for pair in self.numbers
            if pair.first != pair.second and (pair.change is None or abs(pair.change) > limit)
        )

    def to_json(self, names: tuple[str, str]) -> str:
        """The comparison as JSON text; `names` are what A and B were called."""
        sides = zip(("first", "second"), names, (self.first, self.second), strict=True)
        document: dict[str, Any] = {"schema": SCHEMA}
        for side, name, each in sides:
            document[side] = {"name": name, "model": each.model, "verdict": each.verdict}
        document["settings"] = [
            {"key": key, "first": first, "second": second}
            for key, (first, second) in self.settings.items()
        ]
        document["numbers"] = [
            {"name": each.name, "first": each.first, "second": each.second, "change": each.change}
            for each in self.numbers
        ]
        return as_json(document)


def render(comparison: EstimateComparison, names: tuple[str, str]) -> RenderableType:
    """The answer, the settings that differ, and the numbers."""
    titles = [
        Prose(f"{side}: {name}: {each.verdict or 'no device'}", style="bold", hanging="   ")
        for side, name, each in zip("AB", names, (comparison.first, comparison.second), strict=True)
    ]
    verdict = Prose(" ".join(_answer(comparison)))
    parts: list[RenderableType] = []
    if comparison.settings:
        table = PlainTable(("setting", "A", "B"), left=["setting"], wrap=["A", "B"])
        for key, pair in comparison.settings.items():
            table.add_row(key, *map(_told, pair))
        parts += [Text(), table]
    parts += [Text(), _table(comparison)]
    return Answered(Group(*titles, verdict), parts, verdict)


def _answer(comparison: EstimateComparison) -> Iterator[str]:
    """How the whole differs."""
    told = {pair.name: pair for pair in comparison.numbers}
    seconds = told.get("seconds")
    if seconds and seconds.first and seconds.second:
        yield f"B takes {seconds.second / seconds.first:.2f} of A's time."
    price = told.get("price")
    if price and price.first and price.second:
        yield f"B costs {price.second / price.first:.2f} of what A does."
    one, other = (
        each.numbers["peak_bytes"] / GIB for each in (comparison.first, comparison.second)
    )
    yield f"B peaks at {other:,.2f} GiB, A at {one:,.2f}."


def _table(comparison: EstimateComparison) -> PlainTable:
    table = PlainTable(("", "A", "B", "B - A", "change"), left=[""], drop=["B - A"])
    told = {pair.name: pair for pair in comparison.numbers}
    whole = max([end or 0 for end in _ends(told.get("seconds"))])
    shown: list[NumberPair] = []
    small: list[NumberPair] = []
    for pair in comparison.numbers:
        largest = max(pair.first or 0, pair.second or 0)
        is_small = pair.name.endswith(TERM) and largest < LEAST_SHARE * whole
        (small if is_small else shown).append(pair)  # JSON has all
    if small:
        shown.insert(len([pair for pair in shown if "seconds" in pair.name]), _rest(small))
    for pair in shown:
        kind = pair.name.rpartition("/")[2]
        name, size = ("Wh at most", 3600) if kind == "joules" else (pair.name, 1)
        if kind == "peak_bytes":
            name, size = pair.name.replace("peak_bytes", "peak GiB"), GIB
        name = name.removesuffix(TERM).replace("step_seconds", "a step, seconds")
        ends = [None if each is None else each / size for each in _ends(pair)]
        difference = "-" if None in ends else f"{ends[1] - ends[0]:+,.2f}"  # type: ignore[operator]
        difference = difference.replace("-0.00", "0.00")
        change = "-" if pair.change is None else f"{pair.change:+.1%}"
        change = "0.0%" if change == "-0.0%" else change
        if pair.first == pair.second:
            difference, change = "0", "0%"
        cells = ["-" if end is None else f"{end:,.2f}" for end in ends]
        table.add_row(name, *cells, difference, change)
    return table


def _rest(pairs: Iterable[NumberPair]) -> NumberPair:
    """The sum of the terms that are not shown."""
    sums: list[float | None] = []
    for ends in zip(*map(_ends, pairs), strict=True):
        known = [end for end in ends if end is not None]
        sums.append(sum(known) if known else None)
    return NumberPair(name=f"the rest{TERM}", first=sums[0], second=sums[1])


def _group(name: str) -> str:
    """What a number is of, without the kernel: `transformer/attention` of `transformer/attention.fa3 seconds`."""
    return name.partition(".")[0] if name.endswith(TERM) else name


def _ends(pair: NumberPair | None) -> tuple[float | None, float | None]:
    return (None, None) if pair is None else (pair.first, pair.second)


def _told(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "-" if value is None else str(value)
