"""Published times of other runs than the official tables', and those that nobody should believe."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, ClassVar

from attrs import field, frozen

from wanmeter.published.row import Row
from wanmeter.records import build
from wanmeter.validators import as_float, positive_number, text

FILE = "other_runs.json"


@frozen(kw_only=True)
class Implausible:
    """A published time that no device could reach: it would take rates above its peak."""

    SECTION: ClassVar[str] = "implausible"

    id: str = field(validator=text)
    source: str = field(validator=text)
    published: float = field(converter=as_float, validator=positive_number)
    why: str = field(validator=text)


@cache
def _document() -> Mapping[str, Any]:
    data: dict[str, Any] = json.loads(
        resources.files("wanmeter.published").joinpath(FILE).read_text()
    )
    return data


def other_runs() -> tuple[Row, ...]:
    """The runs, without predictions. What a source leaves open is said beside it."""
    nothing = dict.fromkeys(("predicted", "low", "high", "phase"))
    return tuple(build(Row, {**run, **nothing}) for run in _document()["runs"])


def implausible_runs() -> tuple[Implausible, ...]:
    """The times that imply rates above a peak."""
    return tuple(build(Implausible, run) for run in _document()["implausible"])
