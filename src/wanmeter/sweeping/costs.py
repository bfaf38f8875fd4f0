"""Costs as columns of a sweep."""

from collections.abc import Iterator

from wanmeter.conventions import CONVENTIONS
from wanmeter.cost import COUNTS
from wanmeter.models import Run
from wanmeter.sweeping.axes import Array
from wanmeter.sweeping.columns import MAX_FORMS, Narrowed, with_two_axes
from wanmeter.sweeping.grids import Grid
from wanmeter.sweeping.numbers import numbers_for
from wanmeter.sweeping.regimes import SymbolRanges
from wanmeter.symbolic.closed_form import ClosedForm
from wanmeter.symbolic.expression import Whole
from wanmeter.symbolic.form_cache import FormCache
from wanmeter.symbolic.once import Once
from wanmeter.symbolic.regimes import Regime


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
        numbers = [numbers_for(*bound) for bound in form.bounds(symbols)]
        values = {
            kind: form.function(tuple([each is kind for each in numbers]), symbols)(
                kind.maximum, *map(kind.of, symbols), crossed=kind.crossed
            )
            for kind in set(numbers)
        }
        for kind in numbers:
            yield with_two_axes(kind.column(next(values[kind])))

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
