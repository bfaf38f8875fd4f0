"""The rules of a single run, for the rows of a sweep."""

from collections.abc import Mapping
from functools import reduce
from itertools import product
from math import prod
from operator import and_
from typing import Any, NamedTuple

import numpy as np
from attrs import evolve

from wanmeter.errors import InvalidValueError
from wanmeter.models import Run
from wanmeter.models.workload import VARIED
from wanmeter.sweeping.axes import Array, Axes, Columns

MAX_ANSWERS = 2**16
"""Most answers that `Rules` caches."""


PAIR = ("num_frames", "num_reference_images")
"""Fields that one rule joins."""


class AxisRules(NamedTuple):
    """What the values of the axes tell of the rows.

    `all_valid`: the model can run every row; false too if there are too many values to ask about. `kept`: the
    values of each field that are valid, or more; some field has none if no row is valid.
    """

    all_valid: bool
    kept: dict[str, Array]

    @property
    def largest(self) -> dict[str, Any] | None:
        """The largest valid value of each field, or more; `None` if some field has none."""
        if not all(map(len, self.kept.values())):
            return None
        return {name: each.max() for name, each in self.kept.items()}


class Rules:
    """Decides which rows a model can run, by building a `Run` for each distinct value of a column.

    Frames and reference images are checked in pairs; no rule joins other fields.
    """

    def __init__(self, run: Run) -> None:
        """Take the rules of `run`."""
        self.run = run
        self._answers: dict[tuple[tuple[str, int], ...], bool] = {}

    def of_axes(self, axes: Axes) -> "AxisRules":
        """What the values of the axes tell of all rows, quickly."""
        values = {name: np.asarray([getattr(axes.base, name)]) for name in VARIED}
        for names, arrays in axes.axes:
            values |= dict(zip(names, arrays, strict=True))
        kept, known = dict(values), True
        for name, lowest in self._least().items():
            if values[name].min(initial=lowest) < lowest:
                kept[name] = values[name][values[name] >= lowest]
        for names in (("height",), ("width",), PAIR):
            distinct = [_distinct(values[name]) for name in names]
            if prod(map(len, distinct)) > MAX_ANSWERS:
                known = False
                continue
            asked = list(product(*[each.tolist() for each in distinct]))
            valid = [each for each in asked if self._can(*zip(names, each, strict=True))]
            if len(valid) < len(asked):
                columns = np.asarray(valid, dtype=np.int64).reshape(-1, len(names)).T
                kept |= dict(zip(names, columns, strict=True))
        return AxisRules(
            all_valid=known and all(kept[name] is values[name] for name in VARIED),
            kept=kept,
        )

    def _least(self) -> dict[str, int]:
        """The least values of fields that have no other rule."""
        high = self.run.workload.high_noise_steps or 1
        return {"batch_size": 1, "num_inference_steps": high, "text_len": 1}

    def valid(self, columns: Columns) -> Array:
        """Whether the model can run each row. Columns broadcast to the rows, and so does the answer."""
        told = [columns[name] >= lowest for name, lowest in self._least().items()]
        told += [self._each(columns, *names) for names in (("height",), ("width",), PAIR)]
        return reduce(and_, told)

    def why_not(self, row: Mapping[str, Any]) -> InvalidValueError:
        """The error that a run of an invalid row raises."""
        problem = self._problem(row)
        if problem is None:
            raise AssertionError(f"{row} is refused by its values, and not as a run")
        return problem

    def _each(self, columns: Columns, *names: str) -> Array:
        """Whether the values of some columns are valid, whatever the others are."""
        given = np.broadcast_arrays(*[columns[name] for name in names])
        values = np.stack([each.reshape(-1) for each in given])
        if (values[1:] == values[1:, :1]).all():  # only one column varies, which is faster
            distinct, rows = np.unique(values[0], return_inverse=True)
            fixed = values[1:, :1].repeat(len(distinct), axis=1)
            distinct = np.concatenate([distinct[np.newaxis], fixed])
        else:
            distinct, rows = np.unique(values, axis=1, return_inverse=True)
        good = [self._can(*zip(names, each, strict=True)) for each in distinct.T.tolist()]
        return np.asarray(good, dtype=bool)[rows.reshape(given[0].shape)]

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


def _distinct(values: Array) -> Array:
    """The distinct values; sorting finds them faster than `np.unique` does."""
    ordered: Array = np.sort(values)
    first: Array = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    distinct: Array = ordered[first]
    return distinct
