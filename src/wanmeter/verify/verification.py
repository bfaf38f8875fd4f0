"""What a verification says: checks, gathered in sections, with tables that account for what differs."""

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction

from attrs import frozen

from wanmeter.models import Run


class Outcome(StrEnum):
    """What became of a check."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_COMPARED = "not compared"


class Relation(StrEnum):
    """What a check asks of the analytic number."""

    EQUAL = "equal"
    """It is the measured one."""
    AT_MOST = "at most"
    """It is a lower bound of the measured one."""


@frozen(kw_only=True)
class Check:
    """One analytic number beside the measured one.

    `subject` is what both are of, the path of a report's row mostly; `layer_impl` is the backend that
    the analytic number comes from. Either is `None` where there is none, and `reason` says why; where
    no real model does the work, the check is `outside`. The `tolerance` is for equality alone: a lower
    bound that is exceeded is none.
    """

    subject: str
    quantity: str
    layer_impl: str
    analytic: int | None
    measured: int | None
    relation: Relation = Relation.EQUAL
    reason: str = ""
    outside: bool = False
    tolerance: Fraction = Fraction(0)

    @property
    def difference(self) -> int | None:
        """Analytic minus measured."""
        if self.analytic is None or self.measured is None:
            return None
        return self.analytic - self.measured

    @property
    def outcome(self) -> Outcome:
        """Whether it holds: exactly, or to within `tolerance` of what was measured."""
        if self.difference is None or self.measured is None:
            return Outcome.NOT_COMPARED
        if self.relation is Relation.AT_MOST:
            return Outcome.HOLDS if self.difference <= 0 else Outcome.FAILS
        slack = self.tolerance * self.measured
        return Outcome.HOLDS if abs(self.difference) <= slack else Outcome.FAILS


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

    A section that is `absent` is one that the run has no part of.
    """

    name: str
    note: str
    checks: tuple[Check, ...] = ()
    tables: tuple[Table, ...] = ()
    absent: bool = False

    def count(self, outcome: Outcome) -> int:
        """How many checks ended so."""
        return sum(check.outcome is outcome for check in self.checks)

    @property
    def holds(self) -> bool:
        """Whether every check does, but for what no real model could show; and whether there is one."""
        inside = [check for check in self.checks if not check.outside]
        held = all(check.outcome is Outcome.HOLDS for check in inside)
        return self.absent or (held and bool(inside))


@frozen(kw_only=True)
class Verification:
    """The sections of a verification, of one run and its backends, and what it was made with.

    `environment` is the versions of what was compared with, the date and the platform.
    """

    run: Run
    layer_impls: tuple[str, ...]
    tolerance: Fraction
    sections: tuple[Section, ...]
    environment: dict[str, str]

    @property
    def holds(self) -> bool:
        """Whether every section does, and one of them has something to compare."""
        compared = any(not section.absent for section in self.sections)
        return compared and all(section.holds for section in self.sections)

    def count(self, outcome: Outcome) -> int:
        """How many checks ended so."""
        return sum(section.count(outcome) for section in self.sections)

    def __iter__(self) -> Iterator[Section]:
        """The sections."""
        return iter(self.sections)
