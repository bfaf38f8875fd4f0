"""What the page says about verification: whether backends agree, and what did not hold."""

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from wanmeter.backends import PACKAGED
from wanmeter.models import Run
from wanmeter.verify import Check, Outcome, Relation, Verification
from wanmeter.verify.consistency import consistency_section
from wanmeter.verify.costed_run import CostedRun


@frozen
class Failure:
    """A check that did not hold: its section, its subject, and the reason."""

    section: str
    subject: str
    reason: str


def failures(verification: Verification) -> Iterator[Failure]:
    """The checks that failed or were not compared."""
    for section in verification:
        for check in section.checks:
            if check.outcome is not Outcome.HOLDS:
                yield Failure(section.name, f"{check.subject}: {check.quantity}", _why(check))


def _why(check: Check) -> str:
    """The two numbers, if both are known, and the reason, if there is one."""
    if check.analytic is None or check.measured is None:
        return check.reason or "no reason was given"
    beside = " exceeds" if check.relation is Relation.AT_MOST else ", not"
    numbers = f"{check.analytic:,}{beside} {check.measured:,}"
    return f"{numbers}: {check.reason}" if check.reason else numbers


def agreement(run: Run, layer_impls: Sequence[str]) -> str:
    """Whether the packaged backends among these agree on a run; empty unless there are several.

    A third party's need not agree.
    """
    packaged = [name for name in layer_impls if name in PACKAGED]
    if not packaged[1:]:
        return ""
    runs = [evolve(run, layer_impl=name) for name in packaged]
    section = consistency_section("core", [CostedRun.of(each) for each in runs])
    (check,) = (each for each in section.checks if each.subject == "backends agree")
    names = " and ".join(packaged)
    if check.outcome is Outcome.HOLDS:
        return f"{names} agree exactly in {check.analytic:,} comparisons."
    return f"{names} DISAGREE in {abs(check.difference or 0):,} of {check.analytic:,} comparisons."
