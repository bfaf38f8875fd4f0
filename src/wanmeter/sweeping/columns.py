"""What a sweep evaluates in its rows: costs, or estimates."""

from collections.abc import Callable, Iterator, Mapping
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
from wanmeter.sweeping.numbers import (
    INT64,
    INT64_BELOW,
    PYTHON,
    Numbers,
    maximum,
    numbers_for,
)
from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.compilation import Function, bounding, compiled, largest
from wanmeter.symbolic.expression import Whole
from wanmeter.symbolic.form_cache import FormCache
from wanmeter.symbolic.once import Once
from wanmeter.symbolic.regimes import SYMBOLS, Regime

recent = Interned(8)
"""Makes columns, and remembers those made before: another sweep of the same does not derive forms again."""


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
        self, regime: Regime, batch_size: int, symbols: tuple[Array, ...]
    ) -> Iterator[Array]:
        """The columns of rows of one regime, by the values of the symbols in them.

        Symbols and columns have two axes, and a length of 1 along one on which they do not vary.
        """
        ...


class CostColumns:
    """Every field of the cost, in total and by stage."""

    by_batch = False

    def __init__(self, run: Run, *, by_stage: bool) -> None:
        """Take the costs of `run`."""
        self.run, self._by_stage = run, by_stage
        self._forms = FormCache(run)
        self._functions = Once[object, Function]()
        self.types = dict.fromkeys(self._names(), int)
        self.about = {"layer_impl": run.layer_impl.name, **CONVENTIONS}

    def columns(
        self, regime: Regime, batch_size: int, symbols: tuple[Array, ...]
    ) -> Iterator[Array]:
        """Evaluate the fields one by one, each in the fastest numbers that are exact."""
        bounds = self._bounds(regime)(largest, *_highest(symbols))
        numbers = [numbers_for(*bound) for bound in bounds]
        values = {
            kind: self._function(
                regime, tuple([each is kind for each in numbers]), _inner(symbols)
            )(kind.maximum, *map(kind.of, symbols))
            for kind in set(numbers)
        }
        for kind in numbers:
            yield _with_axes(kind.column(next(values[kind])))

    def _bounds(self, regime: Regime) -> Function:
        return self._once((regime,), lambda form: bounding(self._wanted(form), form.algebra))

    def _function(
        self, regime: Regime, chosen: tuple[bool, ...], inner: frozenset[str]
    ) -> Function:
        def made(form: ClosedForm) -> Function:
            wanted = [
                each for each, is_one in zip(self._wanted(form), chosen, strict=True) if is_one
            ]
            return compiled(wanted, form.algebra, inner=inner)

        return self._once((regime, chosen, inner), made)

    def _once(
        self, key: tuple[Regime, *tuple[object, ...]], made: Callable[[ClosedForm], Function]
    ) -> Function:
        """A function of a regime's form, compiled once."""
        return self._functions(key, lambda: made(self._forms.form(key[0])))

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
        self._functions = Once[object, Function]()

    def columns(
        self, regime: Regime, batch_size: int, symbols: tuple[Array, ...]
    ) -> Iterator[Array]:
        """Evaluate seconds and peaks, from Python ints where 64 bits may overflow."""
        form, timing = self.estimator.form(regime, batch_size), self.estimator.timing
        inner = _inner(symbols)
        function = self._functions(
            (regime, batch_size, inner),
            lambda: compiled(form.expressions, form.algebra, inner=inner),
        )
        bounds = form.bounds(largest, *_highest(symbols))
        bound = max([each for each, _ in bounds])
        numbers: Numbers = INT64 if bound < INT64_BELOW else PYTHON
        found = list(function(maximum, *map(numbers.of, symbols)))
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


def _with_axes(column: Array) -> Array:
    """A column, or a number, as an array of two axes."""
    return column if column.ndim else column.reshape(1, 1)


def _of_floats(function: Any) -> Any:
    """A function of numpy on floats, which may come as Python's."""
    return lambda value: function(np.asarray(value, dtype=float))
