"""Two reports side by side: what differs, by how much, and where."""

from collections.abc import Iterable
from fractions import Fraction

from attrs import asdict, frozen

from wanmeter.cost import COUNTS
from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.report import Report, Row
from wanmeter.units import FLOPS, change, readable

QUANTITIES = (*COUNTS, "held_bytes", "copies", "calls")
"""Every number of a row."""


@frozen
class Difference:
    """One number of one module in two reports; `None` where a report has no such module."""

    path: str
    quantity: str
    first: int | None
    second: int | None

    @property
    def absolute(self) -> int:
        """Second minus first; a missing module counts as 0."""
        return (self.second or 0) - (self.first or 0)

    @property
    def relative(self) -> Fraction | None:
        """The difference as a fraction of the first; `None` if only the first is 0."""
        if self.first:
            return Fraction(self.absolute, self.first)
        return None if self.absolute else Fraction(0)


@frozen(kw_only=True)
class ChangedSetting:
    """A setting that differs, such as `workload.height`; `None` where it does not apply."""

    key: str
    first: object
    second: object


@frozen
class Comparison:
    """Two reports and their differences, `second` minus `first`."""

    first: Report
    second: Report

    def __repr__(self) -> str:
        one, other = self.first.total.flops, self.second.total.flops
        models = dict.fromkeys([self.first.model.name, self.second.model.name])
        amounts = f"{readable(one, FLOPS)}, {readable(other, FLOPS)}"
        return f"<Comparison of {' and '.join(models)}: {amounts}, {change(one, other)}>"

    @property
    def settings(self) -> tuple[ChangedSetting, ...]:
        """The settings that differ, including the backend and the version."""
        one, other = _settings(self.first), _settings(self.second)
        return tuple(
            ChangedSetting(key=key, first=one.get(key), second=other.get(key))
            for key in {**one, **other}
            if one.get(key) != other.get(key)
        )

    @property
    def total(self) -> tuple[Difference, ...]:
        """Every field of the total, whether it differs or not."""
        return tuple(
            Difference("total", field, getattr(self.first.total, field), value)
            for field, value in asdict(self.second.total).items()
        )

    def differences(self, quantity: str) -> tuple[Difference, ...]:
        """The modules in which a quantity differs, the largest difference first, ties in execution order.

        Raises:
            UnknownNameError: the quantity is not in `QUANTITIES`.
        """
        if quantity not in QUANTITIES:
            raise UnknownNameError("quantity", quantity, QUANTITIES)
        one, other = _by_path(self.first), _by_path(self.second)
        numbers = (
            Difference(
                path, quantity, *(_number(rows.get(path), quantity) for rows in (one, other))
            )
            for path in {**one, **other}
        )
        differing = (each for each in numbers if each.absolute)
        return tuple(sorted(differing, key=lambda each: -abs(each.absolute)))

    @property
    def only_in_first(self) -> tuple[Row, ...]:
        """The modules that the second report lacks."""
        return _only_in(self.first, self.second)

    @property
    def only_in_second(self) -> tuple[Row, ...]:
        """The modules that the first report lacks."""
        return _only_in(self.second, self.first)

    def above(
        self, part: int | Fraction, quantities: Iterable[str] = QUANTITIES
    ) -> tuple[str, ...]:
        """Describe what differs by more than `part`, a fraction of the first, either way.

        Some differences always exceed it: a module in one report only, and a number that was 0.

        Raises:
            InvalidValueError: `part` is not a non-negative int or `Fraction`.
            UnknownNameError: a quantity is not in `QUANTITIES`.
        """
        if type(part) not in (int, Fraction) or part < 0:
            raise InvalidValueError("part", part, "a non-negative int or Fraction")
        quantities = tuple(quantities)
        alone = dict.fromkeys(row.path for row in (*self.only_in_first, *self.only_in_second))
        found = [f"{path} is in one report only" for path in alone]
        compared = [each for each in self.total if each.quantity in quantities]
        for quantity in quantities:
            compared += [each for each in self.differences(quantity) if each.path not in alone]
        found += [
            f"{each.path}: {each.quantity}"
            for each in compared
            if each.relative is None or abs(each.relative) > part
        ]
        return tuple(dict.fromkeys(found))


def _only_in(report: Report, other: Report) -> tuple[Row, ...]:
    there = _by_path(other)
    return tuple(row for row in report if row.path not in there)


def _by_path(report: Report) -> dict[str, Row]:
    return {row.path: row for row in report}


def _number(row: Row | None, quantity: str) -> int | None:
    if row is None:
        return None
    number: int = getattr(row.cost if quantity in COUNTS else row, quantity)
    return number


def _settings(report: Report) -> dict[str, object]:
    """All settings of a run, by configuration key."""
    sections = {
        "model": report.model,
        **dict(report.components),
        "workload": report.workload,
        "provenance": report.provenance,
    }
    return {
        f"{name}.{key}": value
        for name, section in sections.items()
        for key, value in asdict(section).items()
    }
