"""How far predictions are from what was published, over many rows."""

from collections.abc import Iterable
from statistics import fmean
from typing import Any, ClassVar

from attrs import Attribute, field, frozen
from attrs.validators import optional

from wanmeter.errors import InvalidValueError
from wanmeter.published.row import Row
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


@frozen(kw_only=True)
class Statistics:
    """The errors of the covered rows, in three ways.

    `known` is with the workspace of the convolutions that each row's overrides say; `blind` is the same,
    of the rows that it changes nothing in; `band` is how far published numbers are outside [low, high].
    """

    known: Errors
    blind: Errors
    band: Errors

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Statistics":
        """The statistics of these rows."""
        rows = tuple(rows)
        return cls(
            known=Errors.of(row.error for row in rows),
            blind=Errors.of(row.error for row in rows if row.blind),
            band=Errors.of(row.band_error for row in rows),
        )
