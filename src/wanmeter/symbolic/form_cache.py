"""`FormCache`: the closed forms of a run, each derived on first use."""

from collections.abc import Callable

from attrs import evolve

from wanmeter.backends.registry import BUILT_IN
from wanmeter.errors import ClosedFormError, WanmeterError
from wanmeter.layers import walk
from wanmeter.models import Run, Workload
from wanmeter.symbolic.closed_form import ClosedForm, derive, expressions
from wanmeter.symbolic.compilation import Function, compiled, largest
from wanmeter.symbolic.expression import Whole
from wanmeter.symbolic.once import Once
from wanmeter.symbolic.regimes import Regime, values
from wanmeter.validators import require_instance

Wanted = Callable[[ClosedForm], list[Whole]]
"""Selects expressions of a closed form."""


class FormCache:
    """The closed forms of a run's model, components, stages and backend, regime by regime."""

    def __init__(self, run: Run) -> None:
        """Bind the run, without deriving anything."""
        self.run = run
        self._forms = Once[Regime, ClosedForm]()
        self._functions = Once[tuple[Regime, Wanted], Function]()

    def form(self, regime: Regime) -> ClosedForm:
        """The closed form of a regime; derived once.

        Raises:
            InvalidValueError: the model cannot run any workload of the regime.
            ClosedFormError: the backend's layers have no closed form.
        """
        require_instance("regime", regime, Regime)
        return self._forms(regime, lambda: self._derived(regime))

    def evaluate(self, workload: Workload, wanted: Wanted) -> tuple[ClosedForm, tuple[int, ...]]:
        """The closed form for a valid workload, and the values of its `wanted` expressions there."""
        geometry = evolve(self.run, workload=workload).geometry
        workload = self.run.scheduled(workload)
        regime = Regime.of(workload, geometry)
        form = self.form(regime)
        key = (regime, wanted)
        function = self._functions(key, lambda: compiled(wanted(form), form.algebra))
        return form, tuple(function(largest, *values(workload, geometry)))

    def _derived(self, regime: Regime) -> ClosedForm:
        example = next(regime.examples(self.run.workload, self.run.geometry))
        evolve(self.run, workload=example)
        form = derive(self.run, regime)
        if self.run.layer_impl not in BUILT_IN:
            self._check(form)
        return form

    def _check(self, form: ClosedForm) -> None:
        """Compare a third party's closed form with its layers, at some workloads of the regime.

        Python code can tell symbols from ints, by their type for example, and behave differently. No
        packaged layer does. For others, a comparison at some workloads is the only evidence.
        """
        evaluate, geometry = compiled(of_modules(form), form.algebra), self.run.geometry
        for workload in form.regime.examples(self.run.workload, geometry):
            try:
                pipeline = evolve(self.run, workload=workload).pipeline()
                total, modules = pipeline.cost, tuple(walk(pipeline))
            except ClosedFormError:  # the backend kept layers, and their costs hold symbols
                raise
            except WanmeterError:  # the model or the backend refuses this workload
                continue
            there = evolve(form, total=total, modules=modules)
            same = _shape(there) == _shape(form)
            found = list(evaluate(largest, *values(workload, geometry)))
            if not same or found != of_modules(there):
                problem = f"of {self.run.layer_impl.name} is not what its layers cost at {workload}"
                raise ClosedFormError(f"the one {problem}")


def of_total(form: ClosedForm) -> list[Whole]:
    """The fields of the run's cost."""
    return expressions(form.total)


def of_stages(form: ClosedForm) -> list[Whole]:
    """The fields of each stage's cost."""
    return [value for stage in form.stages for value in expressions(stage.cost)]


def of_modules(form: ClosedForm) -> list[Whole]:
    """The fields of the run's cost, then each module's calls, held bytes and cost fields."""
    found = of_total(form)
    for module in form.modules:
        found += [module.calls, module.held_bytes, *expressions(module.cost)]
    return found


def _shape(form: ClosedForm) -> list[object]:
    """The parts of a closed form that do not depend on the symbols."""
    return [(module.path, module.copies, module.kind) for module in form.modules]
