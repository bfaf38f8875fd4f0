"""The axes of a sweep, and the check of its rows by the rules of a single run."""

from collections.abc import Iterable, Mapping
from itertools import islice, product
from math import prod
from typing import Any

import numpy as np
from attrs import evolve, frozen

from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.models import Run, Workload
from wanmeter.models.workload import VARIED
from wanmeter.validators import as_int

MAX_ROWS = 10**12
"""Limit of rows, exclusive: this many take a week and a hundred terabytes."""

MAX_VALUES = 10**7
"""Most values of an axis, unless it is an array: more is a mistyped range, or an endless iterator."""

Array = np.ndarray[Any, Any]

Values = Any
"""Values of an axis: an array, a range, any iterable, or a single number."""

Columns = Mapping[str, Array]
"""One array per workload field; the i-th values of all are one workload."""

SIZE = "size"
"""Axis of (width, height) pairs, which sets both columns."""


@frozen(kw_only=True)
class Axes:
    """The axes of a sweep, taken in every combination or, if `zipped`, row by row.

    An axis has a tuple of column names and a tuple of arrays, one per column, all of one length.
    """

    base: Workload
    axes: tuple[tuple[tuple[str, ...], tuple[Array, ...]], ...]
    zipped: bool

    @classmethod
    def of(cls, base: Workload, given: Mapping[str, Values], *, zipped: bool) -> "Axes":
        """Build the axes from `given` values; other columns keep the base workload's value.

        Raises:
            UnknownNameError: an axis that is neither a workload field nor `size`.
            InvalidValueError: an axis is empty or has values of the wrong type, zipped axes differ in
                length, or there are too many rows.
        """
        for name in given:
            if name not in (*VARIED, SIZE):
                raise UnknownNameError("axis", name, (*VARIED, SIZE))
        if SIZE in given and {"width", "height"} & set(given):
            raise InvalidValueError("sweep", sorted(given), "size, or width and height")
        axes = tuple(_axis(name, values) for name, values in given.items())
        lengths = {name: len(arrays[0]) for name, (_, arrays) in zip(given, axes, strict=True)}
        if zipped and len(set(lengths.values())) > 1:
            raise InvalidValueError("lengths of zipped axes", lengths, "equal lengths")
        made = cls(base=base, axes=axes, zipped=zipped)
        if made.count >= MAX_ROWS:
            raise InvalidValueError("rows of the sweep", made.count, f"below {MAX_ROWS:,}")
        return made

    @property
    def count(self) -> int:
        """The number of rows."""
        lengths = [len(arrays[0]) for _, arrays in self.axes]
        return (lengths or [1])[0] if self.zipped else prod(lengths)

    def rows(self, start: int, stop: int) -> Columns:
        """Rows `start` to `stop`, exclusive. In a grid, the last axis varies fastest."""
        at = np.arange(start, stop)
        columns = {name: np.full(len(at), getattr(self.base, name)) for name in VARIED}
        steps = at
        for names, arrays in reversed(self.axes):
            length = len(arrays[0])
            where = at if self.zipped else steps % length
            steps = steps // length
            columns |= {name: array[where] for name, array in zip(names, arrays, strict=True)}
        return columns


def _axis(name: str, given: Values) -> tuple[tuple[str, ...], tuple[Array, ...]]:
    values = _values(name, given)
    if not len(values):
        raise InvalidValueError(f"sweep.{name}", given, "one value or more")
    if name != SIZE:
        return (name,), (_array(name, values),)
    for each in values:
        paired = isinstance(each, list | tuple) or (isinstance(each, np.ndarray) and each.ndim)
        if not paired or len(each) != 2:
            raise InvalidValueError("sweep.size", each, "pairs of a width and a height")
    widths, heights = zip(*values, strict=True)
    return ("width", "height"), (_array("width", widths), _array("height", heights))


def _values(name: str, given: Values) -> Values:
    """Convert to a sequence; a single number becomes a list of one."""
    if isinstance(given, np.ndarray):
        return given if given.ndim else [given[()]]
    if isinstance(given, int | np.generic):
        return [given]
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        raise InvalidValueError(f"sweep.{name}", given, "a list of values")
    most = MAX_VALUES + 1
    values = given[:most] if isinstance(given, range) else list(islice(given, most))
    if len(values) > MAX_VALUES:
        raise InvalidValueError(f"sweep.{name}", given, f"at most {MAX_VALUES:,} values")
    return values


def _array(name: str, values: Values) -> Array:
    """Convert values to an array of 64-bit ints or of bools, without coercion."""
    wanted = bool if name == "guidance" else int
    if type(values) is np.ndarray and values.ndim == 1 and _exact(values.dtype, wanted):
        return values.astype(wanted)
    if (
        isinstance(values, range)
        and wanted is int
        and all(map(_fit, (values[0], values[-1], values.step)))
    ):
        return values.start + values.step * np.arange(len(values), dtype=np.int64)
    for value in values:
        # datetime64 and timedelta64 also have int items, but are not counts.
        counts = isinstance(value, np.generic) and value.dtype.kind in "biu"
        plain = (
            value.item() if counts else value if isinstance(value, np.generic) else as_int(value)
        )
        if type(plain) is not wanted or not _fit(plain):
            allowed = "true or false" if wanted is bool else "integers below 2^63"
            raise InvalidValueError(f"sweep.{name}", value, allowed)
    return np.asarray(values, dtype=wanted)


def _fit(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _exact(dtype: "np.dtype[Any]", wanted: type) -> bool:
    """Whether every value of a dtype fits the wanted type."""
    return dtype.kind == "b" if wanted is bool else dtype.kind in "iu" and dtype != np.uint64


MAX_ANSWERS = 2**16
"""Most answers that `Rules` caches."""


class Rules:
    """Decides which rows a model can run, by building a `Run` for each distinct value of a column.

    Frames and reference images are checked in pairs, as one rule joins them; no rule joins other fields.
    """

    def __init__(self, run: Run) -> None:
        """Take the rules of `run`."""
        self.run = run
        self._answers: dict[tuple[tuple[str, int], ...], bool] = {}

    def all_valid(self, axes: Axes) -> bool:
        """Whether the model can run every row, as far as the values of each axis tell; quickly.

        False if some value is not valid, or if there are too many to ask about.
        """
        values = {name: [getattr(axes.base, name)] for name in VARIED}
        for names, arrays in axes.axes:
            values |= {
                name: np.unique(array).tolist() for name, array in zip(names, arrays, strict=True)
            }
        asked = [[(name, value)] for name in ("height", "width") for value in values[name]]
        pairs = ("num_frames", "num_reference_images")
        if len(asked) + prod([len(values[name]) for name in pairs]) > MAX_ANSWERS:
            return False
        asked += [
            list(zip(pairs, each, strict=True))
            for each in product(*[values[name] for name in pairs])
        ]
        least = [min(values[name]) >= lowest for name, lowest in self._least().items()]
        return all(least) and all([self._can(*changes) for changes in asked])

    def _least(self) -> dict[str, int]:
        """The least values of fields that have no other rule."""
        high = self.run.workload.high_noise_steps or 1
        return {"batch_size": 1, "num_inference_steps": high, "text_len": 1}

    def valid(self, columns: Columns) -> Array:
        """Whether the model can run each row."""
        valid = np.ones(len(columns["num_frames"]), dtype=bool)
        for name, lowest in self._least().items():
            valid &= columns[name] >= lowest
        for name in ("height", "width"):
            valid &= self._each(columns[name][np.newaxis], name)
        pairs = np.stack([columns["num_frames"], columns["num_reference_images"]])
        return valid & self._each(pairs, "num_frames", "num_reference_images")

    def why_not(self, columns: Columns, row: int) -> InvalidValueError:
        """The error that a run of an invalid row raises."""
        problem = self._problem({name: column[row].item() for name, column in columns.items()})
        if problem is None:
            raise AssertionError(f"row {row} is refused by its values, and not as a run")
        return problem

    def _each(self, values: Array, *names: str) -> Array:
        """Whether each row's values of some columns are valid, whatever the others are."""
        if (values[1:] == values[1:, :1]).all():  # only one column varies, which is faster
            distinct, rows = np.unique(values[0], return_inverse=True)
            fixed = values[1:, :1].repeat(len(distinct), axis=1)
            distinct = np.concatenate([distinct[np.newaxis], fixed])
        else:
            distinct, rows = np.unique(values, axis=1, return_inverse=True)
        good = [self._can(*zip(names, each, strict=True)) for each in distinct.T.tolist()]
        return np.asarray(good, dtype=bool)[rows.reshape(-1)]

    def _can(self, *changes: tuple[str, int]) -> bool:
        if changes not in self._answers:
            if len(self._answers) >= MAX_ANSWERS:
                self._answers.clear()  # bounds memory; asking again only takes time
            self._answers[changes] = self._problem(dict(changes)) is None
        return self._answers[changes]

    def _problem(self, changes: Mapping[str, Any]) -> InvalidValueError | None:
        try:
            evolve(self.run, workload=evolve(self.run.workload, **changes))
        except InvalidValueError as error:
            return error
        return None
