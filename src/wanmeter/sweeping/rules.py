"""The rules of a single run, for the rows of a sweep."""

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

import numpy as np
from attrs import evolve

from wanmeter.errors import InvalidValueError
from wanmeter.models import Run
from wanmeter.models.workload import VARIED
from wanmeter.sweeping.axes import Array, Axes, Columns

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
