"""The result of a verification: sections of checks, with tables that explain differences."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import deep_iterable, deep_mapping, optional

from wanmeter.errors import InvalidValueError
from wanmeter.models import Run
from wanmeter.report import Report
from wanmeter.validators import boolean, instance_of, non_negative_int, where


def _line(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but printable text, which may be empty."""
    if not isinstance(value, str) or not value.isprintable():
        raise InvalidValueError(where(instance, attribute), value, "printable text on one line")


class Outcome(StrEnum):
    """The outcome of a check."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_COMPARED = "not compared"


class Relation(StrEnum):
    """How the analytic number must relate to the measured one."""

    EQUAL = "equal"
    """It equals the measured number."""
    AT_MOST = "at most"
    """It is a lower bound of the measured number."""


@frozen(kw_only=True)
class Check:
    """An analytic number compared with the measured one.

    `subject` is usually the path of a report's row, and `layer_impl` the backend of the analytic number.
    A missing number is `None`, and `reason` says why. A check is `outside` if no real model does the work.
    """

    subject: str = field(validator=_line)
    quantity: str = field(validator=_line)
    layer_impl: str = field(validator=_line)
    analytic: int | None = field(validator=optional(non_negative_int))
    measured: int | None = field(validator=optional(non_negative_int))
    relation: Relation = field(default=Relation.EQUAL, validator=instance_of(Relation))
    reason: str = field(default="", validator=_line)
    outside: bool = field(default=False, validator=boolean)

    @classmethod
    def of(
        cls,
        report: Report,
        subject: str,
        quantity: str,
        analytic: int | None,
        measured: int | None,
        *,
        relation: Relation = Relation.EQUAL,
        reason: str = "",
    ) -> "Check":
        """The check of a number of this report."""
        return cls(
            subject=subject,
            quantity=quantity,
            layer_impl=report.provenance.layer_impl,
            analytic=analytic,
            measured=measured,
            relation=relation,
            reason=reason,
        )

    @property
    def difference(self) -> int | None:
        """Analytic minus measured."""
        if self.analytic is None or self.measured is None:
            return None
        return self.analytic - self.measured

    @property
    def outcome(self) -> Outcome:
        """Whether the relation holds, to the last unit."""
        if self.difference is None:
            return Outcome.NOT_COMPARED
        below = self.relation is Relation.AT_MOST and self.difference < 0
        return Outcome.HOLDS if below or not self.difference else Outcome.FAILS


Cell = str | int | float


@frozen(kw_only=True)
class Table:
    """Numbers that explain a section's checks: rows under named columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@frozen(kw_only=True)
class Section:
    """The checks of one target. `note` says what was compared with what, or why nothing was.

    A section is `absent` if the run does not have the target's stages.
    """

    name: str = field(validator=_line)
    note: str = field(validator=_line)
    checks: tuple[Check, ...] = ()
    tables: tuple[Table, ...] = ()
    absent: bool = field(default=False, validator=boolean)

    def count(self, outcome: Outcome) -> int:
        """The number of checks with this outcome."""
        return sum(check.outcome is outcome for check in self.checks)

    @property
    def holds(self) -> bool:
        """Whether there are checks and all hold, not counting those `outside`; true if `absent`."""
        inside = [check for check in self.checks if not check.outside]
        held = all(check.outcome is Outcome.HOLDS for check in inside)
        return self.absent or (held and bool(inside))


@frozen(kw_only=True)
class Verification:
    """The verification of a run by one or more backends.

    `environment` has the versions of the packages, the date and the platform.
    """

    run: Run
    layer_impls: tuple[str, ...] = field(validator=deep_iterable(_line))
    sections: tuple[Section, ...]
    environment: dict[str, str] = field(validator=deep_mapping(_line, _line))

    def __repr__(self) -> str:
        counts = ", ".join([f"{self.count(outcome)} {outcome}" for outcome in Outcome])
        whole = "holds" if self.holds else "does not hold"
        return f"<Verification of {self.run.model.name}: {whole}; checks: {counts}>"

    @property
    def holds(self) -> bool:
        """Whether every section holds, and at least one is not absent."""
        compared = any(not section.absent for section in self.sections)
        return compared and all(section.holds for section in self.sections)

    def count(self, outcome: Outcome) -> int:
        """The number of checks with this outcome."""
        return sum(section.count(outcome) for section in self.sections)

    def __iter__(self) -> Iterator[Section]:
        """The sections."""
        return iter(self.sections)
