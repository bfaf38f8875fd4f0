"""What a report's numbers must be: what they follow from, inside the report and out of its run."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from attrs import asdict, frozen

from wanmeter.backends import PACKAGED
from wanmeter.cost import COUNTS, StageCost
from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.models import ImageEncoderSpec, Run, TextEncoderSpec, TransformerOptions, VaeSpec
from wanmeter.report.row import Reported, Row, rows
from wanmeter.version import __version__

Stated = tuple[str, str, int, int]
"""The path of a parent, a field, what the report states, and what the children give."""


@frozen
class Flaw:
    """Something that is not as it must be, and where: the path of a module, `total`, or what was asked for."""

    path: str
    problem: str


def flaws(report: Reported) -> Iterator[Flaw]:
    """What shows that a report was edited or damaged.

    Every parent is what its children give; so many copies cost so many times one; and the run is one that
    can be. If all of that holds, and this version and a packaged backend are said to have computed it, it is
    computed again: the first module that is another is named.
    """
    inside = [*_not_their_parts(report), *_not_of_copies(report)]
    yield from inside
    try:
        run = _run(report)
    except InvalidValueError as error:
        yield Flaw(error.where, str(error).removeprefix(f"{error.where}: "))
        return
    except UnknownNameError as error:
        yield Flaw("modules", str(error))
        return
    ours = report.provenance.layer_impl in PACKAGED and report.provenance.version == __version__
    if ours and not inside:
        yield from _computed_again(report, rows(run.pipeline()))


def parents(report: Reported) -> Iterator[Stated]:
    """Every field of every parent, and of the total."""
    children: dict[str, list[Row]] = {}
    for row in report.modules:
        children.setdefault(row.parent, []).append(row)
    costs = {"": report.total} | {row.path: row.cost for row in report.modules}
    for path, parts in children.items():
        stated = asdict(costs[path])
        given = asdict(sum((row.cost.holding(row.held_bytes) for row in parts), StageCost()))
        for field, value in stated.items():
            yield path or "total", field, value, given[field]


def _not_their_parts(report: Reported) -> Iterator[Flaw]:
    for path, field, stated, given in parents(report):
        if stated != given:
            yield Flaw(path, f"{field} is {stated:,}, and its parts give {given:,}")


def _not_of_copies(report: Reported) -> Iterator[Flaw]:
    copies = {"": 1} | {row.path: row.copies for row in report.modules}
    for row in report.modules:
        costs = (getattr(row.cost, name) for name in COUNTS if name != "activation_bytes")
        if row.copies % copies[row.parent] or any(cost % row.copies for cost in costs):
            problem = f"{row.copies:,} copies do not go with its cost, or with the module around it"
            yield Flaw(row.path, problem)


def _run(report: Reported) -> Run:
    """The run that a report is of. Components that it does not depend on are made to fit."""
    model = report.model
    fitting: dict[str, Any] = {
        "text_encoder": TextEncoderSpec(dim=model.text_dim),
        "image_encoder": ImageEncoderSpec(dim=model.image_dim, num_heads=1),
        "transformer": TransformerOptions(),
        "vae": VaeSpec(z_dim=model.out_dim),
    }
    layer_impl = report.provenance.layer_impl
    return Run(
        model=model,
        workload=report.workload,
        stages=[row.path for row in report.modules if not row.depth],
        # Another backend's layers are its own affair; what can be run is the same for all.
        layer_impl=layer_impl if layer_impl in PACKAGED else PACKAGED[0],
        **(fitting | dict(report.components)),
    )


def _computed_again(report: Reported, again: tuple[Row, ...]) -> Iterator[Flaw]:
    """The first module that is another than what the run gives."""
    for row, right in zip_longest(report.modules, again):
        if row == right:
            continue
        if row is None or right is None or row.path != right.path:
            there, wanted = (each.path if each else "nothing" for each in (row, right))
            yield Flaw("modules", f"{there} stands where the run has {wanted}")
        else:
            stated, given = _numbers(row), _numbers(right)
            name = next(name for name in stated if stated[name] != given[name])
            problem = f"{name} is {_shown(stated[name])}, and the run gives {_shown(given[name])}"
            yield Flaw(row.path, problem)
        return


def _numbers(row: Row) -> dict[str, object]:
    own = asdict(row, recurse=False)
    return own | asdict(own.pop("cost"))


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
