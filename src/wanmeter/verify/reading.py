"""A verification read back from its JSON, for the run that it is of."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, fields

from wanmeter.backends import PACKAGED
from wanmeter.cost import StageCost
from wanmeter.documents import Part, read_document
from wanmeter.errors import DocumentError, UnknownNameError, shown
from wanmeter.models import SECTIONS, Run
from wanmeter.report import Report
from wanmeter.validators import is_int
from wanmeter.verify.check import Check, Outcome, Relation, Section, Verification
from wanmeter.verify.json_text import SCHEMA, settings_of
from wanmeter.verify.schedule import one_pass
from wanmeter.verify.verification import STAGES_OF, TARGETS
from wanmeter.version import __version__

KEYS = (
    *("schema", "holds", "summary", "environment", *SECTIONS, "stages"),
    *("layer_impls", "tolerance", "sections"),
)

LIMIT = 10**1000
"""Counts are below it. Those of the largest runs have some hundred digits."""

TOLERANCE = re.compile(r"[0-9]{1,40}(/[0-9]{1,40})?")
"""A fraction as it is written down. The command line's have at most 19 digits."""

BOTH = " = ".join(PACKAGED)
"""What stands for the backend in checks of `core` that compare the packaged ones with each other."""


def read_verification(path: Path, run: Run) -> Verification:
    """The verification in a file; its tables, which explain differences, are left where they are.

    Raises:
        DocumentError: the file cannot be read, is no whole verification, contradicts itself, or is of
            another run, of other numbers, or by another version of wanmeter.
    """
    document = read_document(path, "verification", SCHEMA).with_keys(*KEYS)
    _check_run(document, run)
    tolerance = _tolerance(document["tolerance"])
    made = Verification(
        run=run,
        layer_impls=tuple(_text(each) for each in document["layer_impls"].entries()),
        tolerance=tolerance,
        sections=tuple(_section(each, run, tolerance) for each in document["sections"].entries()),
        environment=_environment(document["environment"]),
    )
    summary = {outcome.value: made.count(outcome) for outcome in Outcome}
    if not _same(document["summary"].value, summary) or document["holds"].value is not made.holds:
        raise DocumentError(document.where, "its summary is not what its checks say")
    _check_backends(made, document.where)
    check_numbers(made, run, where=document.where)
    return made


def check_numbers(verification: Verification, run: Run, *, where: str = "verification") -> None:
    """Refuse a verification that looked at other numbers than those of `run`.

    `end2end` is of the whole run, and `core` of its laws; all else is of one pass of each stage.

    Raises:
        DocumentError: it is of another run, of other numbers, or of a backend that is not there.
    """
    theirs = verification.run
    told, asked = settings_of(theirs), settings_of(run)
    for key in SECTIONS:
        if told[key] != asked[key]:
            raise DocumentError(where, f"of another run: of another {key}")
    if _stages(theirs) != _stages(run):
        raise DocumentError(where, "of another run: of other stages")
    for layer_impl in verification.layer_impls:
        costed = _by(run, layer_impl, where)
        report, single = Report.of(costed), _costs(Report.of(one_pass(costed)))
        whole = _costs(report) | {"total": report.total}
        for section in verification:
            if section.name != "core":
                costs = whole if section.name == "end2end" else single
                mine = (check for check in section.checks if check.layer_impl == layer_impl)
                _check_stated(mine, costs, where)


def _check_stated(checks: Iterable[Check], costs: Mapping[str, StageCost], where: str) -> None:
    """Refuse checks whose subject is a row, or several, and whose number is not what these cost."""
    for check in checks:
        rows = check.subject.split(" + ")
        if check.analytic is None or any(row not in costs for row in rows):
            continue
        stated = asdict(sum((costs[row] for row in rows), StageCost()))
        if check.analytic != stated.get(check.quantity, check.analytic):
            problem = f"of other numbers: {check.subject}: {check.quantity}"
            raise DocumentError(where, f"{problem} by {check.layer_impl}")


def _costs(report: Report) -> dict[str, StageCost]:
    return {row.path: row.cost for row in report}


def _by(run: Run, layer_impl: str, where: str) -> Run:
    """The same run by a backend that a file names; an unregistered one can only be the run's own."""
    if layer_impl == run.layer_impl.name:
        return run
    try:
        return evolve(run, layer_impl=layer_impl)
    except UnknownNameError as error:
        raise DocumentError(where, str(error)) from error


def _check_backends(verification: Verification, where: str) -> None:
    """Refuse a verification of backends that it did not look at, in each section, or that it hides."""
    named = set(verification.layer_impls)
    seen = set()
    for section in verification:
        found = {check.layer_impl for check in section.checks}
        if section.name == "core":
            found.discard(BOTH)
        for layer_impl in sorted(found - named):
            raise DocumentError(where, f"{section.name} has checks of {layer_impl}, not named")
        for layer_impl in sorted(named - found if section.checks else ()):
            raise DocumentError(where, f"{section.name} has no checks of {layer_impl}")
        seen |= found
    for layer_impl in sorted(named - seen):
        raise DocumentError(where, f"no checks of {layer_impl}")


def _check_run(document: Part, run: Run) -> None:
    """Refuse what was verified of another run."""
    for key, settings in settings_of(run).items():
        wanted = json.loads(json.dumps(settings))
        part = document[key].with_keys(*wanted)
        for name, value in wanted.items():
            given = part.value[name]
            if not _same(given, value):
                problem = f"of another run: {key}.{name} is {shown(given)}, not {value!r}"
                raise DocumentError(document.where, problem)
    stages = document["stages"].value
    # Null is all of the model's, and so is a list of them all.
    if not _same(_stages(evolve(run, stages=None)) if stages is None else stages, _stages(run)):
        raise DocumentError(document.where, "of another run: of other stages")


def _stages(run: Run) -> list[str]:
    return [child.name for child in run.pipeline().children]


def _environment(part: Part) -> dict[str, str]:
    given = _fitting(part, "an object", lambda value: isinstance(value, dict))
    for key in given:
        if not key.isprintable():
            raise DocumentError(part.where, f"unknown key {shown(key)}")
    environment = {key: _text(part[key]) for key in given}
    made_by = environment.get("wanmeter")
    if made_by != __version__:
        raise DocumentError(part.where, f"of wanmeter {made_by}, and this is {__version__}")
    return environment


def _tolerance(part: Part) -> Fraction:
    text = _text(part)
    # Bounded before it is a number: `1e99999999` would be one of a hundred million digits.
    if TOLERANCE.fullmatch(text) and not re.search("/0+$", text):
        tolerance = Fraction(text)
        if tolerance < 1 and str(tolerance) == text:
            return tolerance
    raise DocumentError(part.where, f"got {shown(text)}; allowed: a fraction below 1")


def _section(part: Part, run: Run, tolerance: Fraction) -> Section:
    part.with_keys("name", "holds", "absent", "note", "checks", "tables")
    part["tables"].entries()
    name = _fitting(part["name"], f"one of {', '.join(TARGETS)}", lambda value: value in TARGETS)
    allowed = Fraction(0) if name == "core" else tolerance
    section = Section(
        name=name,
        note=_text(part["note"]),
        absent=_flag(part["absent"]),
        checks=tuple(_check(each, run, allowed) for each in part["checks"].entries()),
    )
    absent = name in STAGES_OF and not set(STAGES_OF[name]) & set(_stages(run))
    if section.absent is not absent or (absent and section.checks):
        raise DocumentError(part.where, f"{name} is absent where the run has it, or the reverse")
    if part["holds"].value is not section.holds:
        raise DocumentError(part.where, "says that it holds where it does not, or the reverse")
    return section


def _check(part: Part, run: Run, tolerance: Fraction) -> Check:
    names = [attribute.name for attribute in fields(Check) if attribute.name != "tolerance"]
    part.with_keys(*names, "difference", "outcome")
    relations = [relation.value for relation in Relation]
    allowed = " or ".join(relations)
    check = Check(
        subject=_text(part["subject"]),
        quantity=_text(part["quantity"]),
        layer_impl=_text(part["layer_impl"]),
        analytic=_count(part["analytic"]),
        measured=_count(part["measured"]),
        relation=Relation(_fitting(part["relation"], allowed, lambda value: value in relations)),
        reason=_text(part["reason"]),
        outside=_flag(part["outside"]),
        tolerance=tolerance,
    )
    if not _same(
        [part["difference"].value, part["outcome"].value], [check.difference, check.outcome.value]
    ):
        raise DocumentError(part.where, "its outcome is not what its numbers say")
    if check.outside and not _can_be_outside(check, run):
        raise DocumentError(part.where, "says that no real model does what one does")
    return check


def _can_be_outside(check: Check, run: Run) -> bool:
    """Whether no real model does the work: that of the pipelines, or a law that is about nothing."""
    compared = check.outcome is not Outcome.NOT_COMPARED
    return not compared and (check.subject in run.reference.outside or check.analytic == 0)


def _same(given: Any, wanted: Any) -> bool:
    """Whether two JSON values are one, of the same types: 1, 1.0 and true are not."""
    if type(given) is not type(wanted):
        return False
    if isinstance(given, list):
        return len(given) == len(wanted) and all(map(_same, given, wanted))
    if isinstance(given, dict):
        return given.keys() == wanted.keys() and all(
            _same(given[key], wanted[key]) for key in given
        )
    return bool(given == wanted)


def _text(part: Part) -> str:
    fits = "printable text on one line"
    text: str = _fitting(part, fits, lambda value: isinstance(value, str) and value.isprintable())
    return text


def _flag(part: Part) -> bool:
    flag: bool = _fitting(part, "true or false", lambda value: isinstance(value, bool))
    return flag


def _count(part: Part) -> int | None:
    def fits(value: Any) -> bool:
        return value is None or (is_int(value) and 0 <= value < LIMIT)

    count: int | None = _fitting(part, "null, or a count below 10^1000", fits)
    return count


def _fitting(part: Part, allowed: str, fits: Callable[[Any], bool]) -> Any:
    """The value of a piece; one that does not fit is refused in a line, however long it is."""
    if not fits(part.value):
        raise DocumentError(part.where, f"got {shown(part.value)}; allowed: {allowed}")
    return part.value
