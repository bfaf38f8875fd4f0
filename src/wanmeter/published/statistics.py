"""How far predictions are from what was published, over many rows."""

from collections.abc import Iterable, Sequence
from statistics import fmean, median
from typing import Any, ClassVar

from attrs import Attribute, field, frozen
from attrs.validators import optional

from wanmeter.errors import InvalidValueError
from wanmeter.published.row import Row
from wanmeter.units import counted
from wanmeter.validators import as_float, bounded_count, where


def _number(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but a float."""
    if type(value) is not float:
        raise InvalidValueError(where(instance, attribute), value, "a number or null")


@frozen(kw_only=True)
class Errors:
    """Relative errors, signed: 0.01 is a prediction 1 % above what was published.

    `exact` counts the errors that are zero; of a band, those of the rows that are within it. Without any
    rows the other numbers are `None`.
    """

    SECTION: ClassVar[str] = "errors"

    rows: int = field(validator=bounded_count)
    exact: int = field(validator=bounded_count)
    mean_absolute: float | None = field(converter=as_float, validator=optional(_number))
    largest_absolute: float | None = field(converter=as_float, validator=optional(_number))
    lowest: float | None = field(converter=as_float, validator=optional(_number))
    highest: float | None = field(converter=as_float, validator=optional(_number))

    @classmethod
    def of(cls, errors: Iterable[float | None]) -> "Errors":
        """The statistics of these errors, in whatever order; `None` is of a row without a prediction."""
        ordered = sorted(error for error in errors if error is not None)
        absolute = [abs(error) for error in ordered]
        return cls(
            rows=len(ordered),
            exact=absolute.count(0.0),
            mean_absolute=fmean(absolute) if absolute else None,
            largest_absolute=max(absolute, default=None),
            lowest=min(ordered, default=None),
            highest=max(ordered, default=None),
        )


def statistics(quantity: str, rows: Sequence[Row]) -> dict[str, Errors]:
    """The errors of the covered rows in groups.

    `known` is of all rows, each as its overrides say, and `band` is how far published numbers are outside
    of [low, high]. Of memory, `blind` is of the rows in which the workspace of convolutions changes nothing.
    Of time there are groups by table, by device and by the number of GPUs.
    """
    groups = {"known": Errors.of(row.error for row in rows)}
    if quantity == "gib":
        groups["blind"] = Errors.of(row.error for row in rows if row.blind)
    else:
        named = [
            *[(_table(row), row) for row in rows],
            *[(row.device, row) for row in rows],
            *[
                (counted(row.n_gpus, "GPU"), row)
                for row in sorted(rows, key=lambda row: row.n_gpus)
            ],
        ]
        for name in dict.fromkeys(name for name, _ in named):
            groups[name] = Errors.of(row.error for each, row in named if each == name)
    return {**groups, "band": Errors.of(row.band_error for row in rows)}


def _table(row: Row) -> str:
    """The repository that a row was published in: `Wan2.2`."""
    return row.source.partition("@")[0].rpartition("/")[2]


def half_width(rows: Iterable[Row]) -> float | None:
    """The median of half a band's width over its prediction; `None` without predictions."""
    widths = [
        (row.high - row.low) / (2 * row.predicted)
        for row in rows
        if row.predicted is not None and row.low is not None and row.high is not None
    ]
    return median(widths) if widths else None
