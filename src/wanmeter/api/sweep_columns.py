"""What a sweep evaluates in its rows: costs, or estimates. Needs the extra `sweep`."""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, Protocol

import numpy as np

from wanmeter.api.sweep_axes import Array
from wanmeter.cost import COUNTS
from wanmeter.estimation.estimator import Estimator
from wanmeter.estimation.terms import spent, total
from wanmeter.models import Run
from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.compilation import Function, compiled
from wanmeter.symbolic.expression import Whole
from wanmeter.symbolic.form_cache import FormCache
from wanmeter.symbolic.regimes import Regime

SAFE = float(2**62)
"""Largest estimate for which a count surely fits in 64 bits, despite rounding in floats."""


class Evaluated(Protocol):
    """Columns that closed forms give, regime by regime."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        ...

    @property
    def by_batch(self) -> bool:
        """Whether a form is one of a batch size."""
        ...

    def columns(self, regime: Regime, batch_size: int, symbols: tuple[Array, ...]) -> list[Array]:
        """The columns of rows of one regime, by the values of the symbols in them."""
        ...


class CostColumns:
    """Every field of the cost, in total and by stage."""

    by_batch = False

    def __init__(self, run: Run, *, by_stage: bool) -> None:
        """Take the costs of `run`."""
        self.run, self._by_stage = run, by_stage
        self._forms = FormCache(run)
        self._functions: dict[tuple[Regime, tuple[int, ...], bool], Function] = {}
        self.names = tuple(self._names())

    def columns(self, regime: Regime, batch_size: int, symbols: tuple[Array, ...]) -> list[Array]:
        """Evaluate all fields, in Python ints where 64 bits may overflow."""
        length, every = len(symbols[0]), tuple(range(len(self.names)))
        highest = [int(each.max(initial=0)) for each in symbols]
        # An upper bound from the largest values. It settles most sweeps.
        bounds = [max(self._function(regime, (i,), bounding=True)(max, *highest)) for i in every]
        safe = tuple(i for i in every if bounds[i] < SAFE)
        columns = dict(zip(safe, self._function(regime, safe)(_largest, *symbols), strict=True))
        for i in every:
            if i not in columns:  # in Python's ints
                exact = self._function(regime, (i,))
                (column,) = exact(_largest, *(each.astype(object) for each in symbols))
                columns[i] = _narrowed(_column(column, length))
        return [_column(columns[i], length) for i in every]

    def _function(self, regime: Regime, of: tuple[int, ...], *, bounding: bool = False) -> Function:
        """Compile a function of some fields, once."""
        key = (regime, of, bounding)
        if key not in self._functions:
            form = self._forms.form(regime)
            wanted = _wanted(form, by_stage=self._by_stage)
            every = [wanted[i] for i in of]
            self._functions[key] = compiled(every, form.algebra, bounding=bounding)
        return self._functions[key]

    def _names(self) -> Iterator[str]:
        yield from COUNTS
        if self._by_stage:
            for stage in self.run.pipeline().children:
                yield from (f"{stage.name}/{count}" for count in COUNTS)


PEAKS = ("peak_bytes_low", "peak_bytes_high")
SECONDS = ("seconds", "seconds_low", "seconds_high")


class EstimateColumns:
    """The peak of all phases, and the seconds if the device has rates."""

    by_batch = True

    def __init__(self, estimator: Estimator) -> None:
        """Take the estimates of `estimator`."""
        self.estimator = estimator
        self.names = PEAKS if estimator.timing is None else (*SECONDS, *PEAKS)

    def columns(self, regime: Regime, batch_size: int, symbols: tuple[Array, ...]) -> list[Array]:
        """Evaluate peaks and seconds; what they are made of in Python ints where 64 bits may overflow."""
        length, form = len(symbols[0]), self.estimator.form(regime, batch_size)
        highest = [int(each.max(initial=0)) for each in symbols]
        if max(form.bounds(max, *highest)) >= SAFE:
            symbols = tuple([each.astype(object) for each in symbols])
        found = form.function(_largest, *symbols)
        ends = found[: 2 * len(form.phases)]
        peaks = [_narrowed(_column(_largest(*every), length)) for every in (ends[::2], ends[1::2])]
        timing = self.estimator.timing
        if timing is None:
            return peaks
        stages = [spent(works, timing, _largest) for works in form.work_of(found).values()]
        seconds = total(stages, timing, _of_floats(np.sqrt), _of_floats(np.exp))
        return [*[_column(each, length).astype(float) for each in seconds], *peaks]


def _of_floats(function: Any) -> Any:
    """A function of numpy on floats, which may come as Python's."""
    return lambda value: function(np.asarray(value, dtype=float))


def _wanted(form: ClosedForm, *, by_stage: bool) -> list[Whole]:
    costs = [form.total, *(stage.cost for stage in form.stages)] if by_stage else [form.total]
    return [getattr(cost, name) for cost in costs for name in COUNTS]


def _largest(*values: Any) -> Any:
    return reduce(np.maximum, values)


def _column(value: Any, length: int) -> Array:
    """Broadcast a number to a column; return an array as it is."""
    return value if np.ndim(value) else np.full(length, value)


def _narrowed(column: Array) -> Array:
    """Convert a column of Python ints to 64 bits if all fit."""
    try:
        return column.astype(np.int64)
    except OverflowError:
        return column


def whole_column(length: int, parts: Sequence[tuple[Any, list[Array]]], i: int) -> Array:
    """Assemble the i-th column from those of each regime."""
    if len(parts) == 1:
        return parts[0][1][i]
    if not parts:
        return np.empty(0, dtype=np.int64)
    types = {each[i].dtype for _, each in parts}
    column = np.empty(length, dtype=object if np.dtype(object) in types else max(types, key=str))
    for rows, each in parts:
        column[rows] = each[i]
    return column
