"""Seconds and peaks as columns of a sweep."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from attrs import asdict

from wanmeter.estimation.estimator import Estimator
from wanmeter.estimation.terms import spent, total
from wanmeter.execution.plan import Plan
from wanmeter.hardware import Device
from wanmeter.sweeping.axes import Array
from wanmeter.sweeping.columns import MAX_FORMS, Narrowed, with_two_axes
from wanmeter.sweeping.grids import Grid
from wanmeter.sweeping.numbers import INT64, INT64_BELOW, PYTHON, Numbers, added, maximum
from wanmeter.sweeping.regimes import SymbolRanges
from wanmeter.symbolic.once import Once
from wanmeter.symbolic.regimes import Regime

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
        bound = max([each for each, _ in narrow.bounds(symbols)])
        numbers: Numbers = INT64 if bound < INT64_BELOW else PYTHON
        function = narrow.function((True,) * len(form.expressions), symbols)
        found = list(function(maximum, *map(numbers.of, symbols), crossed=added))
        if timing is not None:
            stages = [spent(works, timing, maximum) for works in form.work_of(found).values()]
            for seconds in total(stages, timing, _of_floats(np.sqrt), _of_floats(np.exp)):
                yield with_two_axes(np.asarray(seconds, dtype=float))
        for end in (0, 1):
            yield with_two_axes(numbers.column(maximum(*found[end : 2 * len(form.phases) : 2])))


def _of_floats(function: Any) -> Any:
    """A function of numpy on floats, which may come as Python's."""
    return lambda value: function(np.asarray(value, dtype=float))
