"""What a sweep evaluates in its rows: costs, or estimates."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import compress
from typing import Any, Protocol

import numpy as np
from attrs import asdict

from wanmeter.conventions import CONVENTIONS
from wanmeter.cost import COUNTS
from wanmeter.estimation.estimator import Estimator
from wanmeter.estimation.terms import spent, total
from wanmeter.execution.plan import Plan
from wanmeter.hardware import Device
from wanmeter.layers.interning import Interned
from wanmeter.models import Run
from wanmeter.sweeping.axes import Array
from wanmeter.sweeping.grids import Grid
from wanmeter.sweeping.numbers import (
    INT64,
    INT64_BELOW,
    PYTHON,
    Numbers,
    added,
    maximum,
    numbers_for,
)
from wanmeter.sweeping.regimes import SymbolRanges
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.compilation import Function, bounding, compiled, largest
from wanmeter.symbolic.expression import Whole
from wanmeter.symbolic.form_cache import FormCache
from wanmeter.symbolic.narrowing import narrowed
from wanmeter.symbolic.once import Once
from wanmeter.symbolic.regimes import SYMBOLS, Regime

recent = Interned(8)
"""Makes columns, and remembers those made before: another sweep of the same does not derive forms again."""

MAX_FORMS = 512
"""Most closed forms kept in some ranges of the symbols: more than a block has, if each batch size has its own."""

MAX_FUNCTIONS = 64
"""Most functions kept of each."""


class Evaluated(Protocol):
    """Columns that closed forms give, regime by regime."""

    @property
    def types(self) -> Mapping[str, type]:
        """The names of the columns, with the types of their values: int or float."""
        ...

    @property
    def about(self) -> Mapping[str, object]:
        """What the numbers are of and mean, besides the model and the workload."""
        ...

    @property
    def by_batch(self) -> bool:
        """Whether each batch size has a form of its own."""
        ...

    def columns(
        self, regime: Regime, batch_size: int, symbols: tuple[Array, ...], ranges: SymbolRanges
    ) -> Iterator[Array | Grid]:
        """The columns of rows of one regime, by the values of the symbols in them, which are in `ranges`.

        Symbols and columns have two axes, and a length of 1 along one on which they do not vary. What varies along
        both may not be evaluated yet.
        """
        ...


class Narrowed:
    """The expressions of a closed form where the symbols are in some ranges, compiled when they are needed."""

    def __init__(
        self, expressions: Iterable[Whole], algebra: Algebra, ranges: SymbolRanges
    ) -> None:
        """Narrow the expressions."""
        self._expressions, self._algebra = narrowed(
            expressions, algebra, dict(zip(SYMBOLS, ranges, strict=True))
        )
        self._functions = Once[object, Function](MAX_FUNCTIONS)

    @cached_property
    def bounds(self) -> Function:
        """The bounds of all expressions: see `bounding`."""
        return bounding(self._expressions, self._algebra)

    def function(self, chosen: tuple[bool, ...], inner: frozenset[str]) -> Function:
        """The function of some of the expressions, where `inner` symbols vary along the last axis."""

        def made() -> Function:
            return compiled(compress(self._expressions, chosen), self._algebra, inner=inner)

        return self._functions((chosen, inner), made)


class CostColumns:
    """Every field of the cost, in total and by stage."""

    by_batch = False

    def __init__(self, run: Run, *, by_stage: bool) -> None:
        """Take the costs of `run`."""
        self.run, self._by_stage = run, by_stage
        self._forms = FormCache(run)
        self._narrowed = Once[object, Narrowed](MAX_FORMS)
        self.types = dict.fromkeys(self._names(), int)
        self.about = {"layer_impl": run.layer_impl.name, **CONVENTIONS}

    def columns(
        self, regime: Regime, batch_size: int, symbols: tuple[Array, ...], ranges: SymbolRanges
    ) -> Iterator[Array | Grid]:
        """Evaluate the fields one by one, each in the fastest numbers that are exact."""
        form = self._narrowed((regime, ranges), lambda: self._form(regime, ranges))
        numbers = [numbers_for(*bound) for bound in form.bounds(largest, *_highest(symbols))]
        values = {
            kind: form.function(tuple([each is kind for each in numbers]), _inner(symbols))(
                kind.maximum, *map(kind.of, symbols), crossed=kind.crossed
            )
            for kind in set(numbers)
        }
        for kind in numbers:
            yield _with_axes(kind.column(next(values[kind])))

    def _form(self, regime: Regime, ranges: SymbolRanges) -> Narrowed:
        form = self._forms.form(regime)
        return Narrowed(self._wanted(form), form.algebra, ranges)

    def _wanted(self, form: ClosedForm) -> list[Whole]:
        stages = [stage.cost for stage in form.stages] if self._by_stage else []
        return [getattr(cost, name) for cost in (form.total, *stages) for name in COUNTS]

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

    def __init__(self, plan: Plan, device: Device | None) -> None:
        """Take the estimates of a plan on a device."""
        self.estimator = Estimator.of_plan(plan, device)
        timing = self.estimator.timing
        seconds = dict.fromkeys(() if timing is None else SECONDS, float)
        self.types: dict[str, type] = {**seconds, **dict.fromkeys(PEAKS, int)}
        self.about = {
            "device": None if device is None else device.name,
            "profile": asdict(plan.profile),
            "placement": asdict(plan.placement),
            "parallel": asdict(plan.parallel),
            "attention": None if timing is None else timing.attention,
        }
        self._narrowed = Once[object, Narrowed](MAX_FORMS)

    def columns(
        self, regime: Regime, batch_size: int, symbols: tuple[Array, ...], ranges: SymbolRanges
    ) -> Iterator[Array | Grid]:
        """Evaluate seconds and peaks, from Python ints where 64 bits may overflow."""
        form, timing = self.estimator.form(regime, batch_size), self.estimator.timing
        narrow = self._narrowed(
            (regime, batch_size, ranges),
            lambda: Narrowed(form.expressions, form.algebra, ranges),
        )
        bound = max([each for each, _ in narrow.bounds(largest, *_highest(symbols))])
        numbers: Numbers = INT64 if bound < INT64_BELOW else PYTHON
        function = narrow.function((True,) * len(form.expressions), _inner(symbols))
        found = list(function(maximum, *map(numbers.of, symbols), crossed=added))
        if timing is not None:
            stages = [spent(works, timing, maximum) for works in form.work_of(found).values()]
            for seconds in total(stages, timing, _of_floats(np.sqrt), _of_floats(np.exp)):
                yield _with_axes(np.asarray(seconds, dtype=float))
        for end in (0, 1):
            yield _with_axes(numbers.column(maximum(*found[end : 2 * len(form.phases) : 2])))


def _highest(symbols: tuple[Array, ...]) -> list[int]:
    return [int(each.max(initial=0)) for each in symbols]


def _inner(symbols: tuple[Array, ...]) -> frozenset[str]:
    """The symbols that vary along the last axis."""
    return frozenset(
        [name for name, each in zip(SYMBOLS, symbols, strict=True) if each.shape[1] > 1]
    )


def _with_axes(column: Any) -> Array | Grid:
    """A column, or a number, with two axes."""
    with_axes: Array | Grid = column if column.shape else column.reshape(1, 1)
    return with_axes


def _of_floats(function: Any) -> Any:
    """A function of numpy on floats, which may come as Python's."""
    return lambda value: function(np.asarray(value, dtype=float))
