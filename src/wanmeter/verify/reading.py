"""A verification read back from its JSON, for the run that it is of."""

import json
from fractions import Fraction
from pathlib import Path

from attrs import asdict, fields

from wanmeter.documents import Part, read_document
from wanmeter.errors import DocumentError
from wanmeter.verify.check import Check, Outcome, Relation, Section, Verification
from wanmeter.verify.json_text import COMPONENTS, SCHEMA
from wanmeter.version import __version__
from wanmeter.wan.run import Run

KEYS = (
    *("schema", "holds", "summary", "environment", "model", *COMPONENTS, "workload", "stages"),
    *("layer_impls", "tolerance", "sections"),
)

NUMBER = (int, type(None))


def read_verification(path: Path, run: Run) -> Verification:
    """The verification in a file; its tables, which explain differences, are left where they are.

    Raises:
        DocumentError: the file cannot be read, is no whole verification, contradicts itself, or is of
            another run or by another version of wanmeter.
    """
    document = read_document(path, "verification", SCHEMA).with_keys(*KEYS)
    _check_run(document, run)
    tolerance = _tolerance(document["tolerance"])
    made = Verification(
        run=run,
        layer_impls=tuple(each.typed(str) for each in document["layer_impls"].entries()),
        tolerance=tolerance,
        sections=tuple(_section(each, tolerance) for each in document["sections"].entries()),
        environment=_environment(document["environment"]),
    )
    summary = {outcome.value: made.count(outcome) for outcome in Outcome}
    if document["summary"].value != summary or document["holds"].value is not made.holds:
        raise DocumentError(document.where, "its summary is not what its checks say")
    return made


def _check_run(document: Part, run: Run) -> None:
    """Refuse what was verified of another run."""
    for key in ("model", *COMPONENTS, "workload"):
        wanted = json.loads(json.dumps(asdict(getattr(run, key))))
        part = document[key].with_keys(*wanted)
        for name, value in wanted.items():
            if part.value[name] != value:
                problem = f"of another run: {key}.{name} is {part.value[name]!r}, not {value!r}"
                raise DocumentError(document.where, problem)
    stages = None if run.stages is None else list(run.stages)
    if document["stages"].value != stages:
        raise DocumentError(document.where, "of another run: of other stages")


def _environment(part: Part) -> dict[str, str]:
    environment: dict[str, str] = part.typed(dict)
    for key in environment:
        part[key].typed(str)
    made_by = environment.get("wanmeter")
    if made_by != __version__:
        raise DocumentError(part.where, f"of wanmeter {made_by}, and this is {__version__}")
    return environment


def _tolerance(part: Part) -> Fraction:
    text: str = part.typed(str)
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise DocumentError(part.where, f"got {text!r}; allowed: a fraction") from error


def _section(part: Part, tolerance: Fraction) -> Section:
    part.with_keys("name", "holds", "absent", "note", "checks", "tables")
    name = part["name"].typed(str)
    allowed = Fraction(0) if name == "core" else tolerance
    section = Section(
        name=name,
        note=part["note"].typed(str),
        absent=part["absent"].typed(bool),
        checks=tuple(_check(each, allowed) for each in part["checks"].entries()),
    )
    if part["holds"].value is not section.holds:
        raise DocumentError(part.where, "says that it holds where it does not, or the reverse")
    return section


def _check(part: Part, tolerance: Fraction) -> Check:
    names = [attribute.name for attribute in fields(Check) if attribute.name != "tolerance"]
    part.with_keys(*names, "difference", "outcome")
    relation = part["relation"].typed(str)
    if relation not in list(Relation):
        raise DocumentError(part["relation"].where, f"got {relation!r}")
    check = Check(
        subject=part["subject"].typed(str),
        quantity=part["quantity"].typed(str),
        layer_impl=part["layer_impl"].typed(str),
        analytic=part["analytic"].typed(*NUMBER),
        measured=part["measured"].typed(*NUMBER),
        relation=Relation(relation),
        reason=part["reason"].typed(str),
        outside=part["outside"].typed(bool),
        tolerance=tolerance,
    )
    derived = (check.difference, check.outcome.value)
    if (part["difference"].value, part["outcome"].value) != derived:
        raise DocumentError(part.where, "its outcome is not what its numbers say")
    return check
