"""`Meter`: a model and a backend bound once, then the cost of any workload at once."""

from collections.abc import Callable, Iterator, Sequence
from typing import final

from attrs import evolve

from wanmeter.backends import LayerBackend
from wanmeter.backends.registry import BUILT_IN
from wanmeter.closed_form.code import Function, compiled, largest
from wanmeter.closed_form.derive import ClosedForm, derive, expressions
from wanmeter.closed_form.terms import Whole
from wanmeter.closed_form.variables import Regime, values
from wanmeter.cost import COUNTS, StageCost
from wanmeter.errors import ClosedFormError, WanmeterError
from wanmeter.metering import configure
from wanmeter.model_dir import LoadedModel
from wanmeter.report import Components, Provenance, Report, Row
from wanmeter.validation import require_instance
from wanmeter.version import __version__
from wanmeter.wan.run import Run
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.workload import Workload

ANY_WORKLOAD = "wan2-1-480p"
"""What a meter is configured with until it is asked: every model can run it."""


@final
class Meter:
    """The costs of one model by one backend, by closed forms: some microseconds a workload.

    The forms are derived from the layers' own formulas, for each regime when it is first asked for, which
    takes some tenths of a second; every answer equals that of `wanmeter.meter`, to the last unit.
    """

    def __init__(
        self,
        model: str | ModelSpec | LoadedModel,
        layer_impl: str | LayerBackend = "shared",
        *,
        transformer: str | TransformerOptions = "wan2_1_dit",
        stages: Sequence[str] | None = None,
    ) -> None:
        """Bind a model and a backend; the arguments are those of `wanmeter.meter`.

        Raises:
            UnknownNameError: a name that does not exist.
            InvalidValueError: a value that is not allowed.
        """
        run = configure(model, ANY_WORKLOAD, layer_impl, transformer=transformer, stages=stages)
        self._bind(run)

    @classmethod
    def of(cls, run: Run) -> "Meter":
        """Bind a run's model, components, stages and backend."""
        require_instance("run", run, Run)
        meter = cls.__new__(cls)
        meter._bind(run)
        return meter

    def _bind(self, run: Run) -> None:
        self.run = run
        self._forms: dict[Regime, ClosedForm] = {}
        self._functions: dict[tuple[Regime, Callable[[ClosedForm], list[Whole]]], Function] = {}

    def cost(self, workload: Workload) -> StageCost:
        """What a workload costs in all.

        Raises:
            InvalidValueError: the model cannot run it.
            ClosedFormError: the backend's layers have no closed form.
        """
        return StageCost(**dict(zip(COUNTS, self._evaluate(workload, _of_total), strict=True)))

    def stages(self, workload: Workload) -> dict[str, StageCost]:
        """What each stage costs, in execution order; raises what `cost` raises."""
        counts = iter(self._evaluate(workload, _of_stages))
        stages = self.form(Regime.of(workload)).stages
        return {stage.path: _next_cost(counts) for stage in stages}

    def report(self, workload: Workload) -> Report:
        """The report that `wanmeter.meter` gives, in about a millisecond; raises what `cost` raises."""
        counts = iter(self._evaluate(workload, _of_modules))
        return self._report(self.form(Regime.of(workload)), workload, counts)

    def _report(self, form: ClosedForm, workload: Workload, counts: Iterator[int]) -> Report:
        return Report(
            model=self.run.model,
            components=Components.of(self.run, [stage.path for stage in form.stages]),
            workload=workload,
            provenance=Provenance(layer_impl=self.run.layer_impl.name, version=__version__),
            total=_next_cost(counts),
            modules=tuple(
                Row(
                    path=row.path,
                    copies=row.copies,
                    kind=row.kind,
                    calls=next(counts),
                    held_bytes=next(counts),
                    cost=_next_cost(counts),
                )
                for row in form.modules
            ),
        )

    def __repr__(self) -> str:
        """The model and the backend."""
        return f"<Meter of {self.run.model.name}, layer_impl={self.run.layer_impl.name}>"

    def __getstate__(self) -> dict[str, Run]:
        """What is bound; what was derived is derived again."""
        return {"run": self.run}

    def __setstate__(self, state: dict[str, Run]) -> None:
        """Bind it again."""
        self._bind(state["run"])

    def form(self, regime: Regime) -> ClosedForm:
        """The closed form of a regime; derived once.

        Raises:
            InvalidValueError: the model cannot run any workload of the regime.
            ClosedFormError: the backend's layers have no closed form.
        """
        require_instance("regime", regime, Regime)
        if regime not in self._forms:
            evolve(self.run, workload=next(regime.examples(self.run.workload)))
            form = derive(self.run, regime)
            if self.run.layer_impl not in BUILT_IN:
                self._check(form)
            self._forms[regime] = form
        return self._forms[regime]

    def _check(self, form: ClosedForm) -> None:
        """Compare a third party's form with its layers, at some workloads of its regime.

        Python code can see that a count is no int, and do something else then: ask for its type, say. No
        packaged layer does; of others some workloads are evidence, and all that there is.
        """
        evaluate = compiled(_of_modules(form), form.algebra)
        for workload in form.regime.examples(self.run.workload):
            try:
                report = Report.of(evolve(self.run, workload=workload))
            except ClosedFormError:  # what it costs now holds symbols: of layers that were kept
                raise
            except WanmeterError:  # one that the model or the backend refuses
                continue
            counts = iter(evaluate(largest, *values(workload)))
            if self._report(form, workload, counts) != report:
                problem = f"of {self.run.layer_impl.name} is not what its layers cost at {workload}"
                raise ClosedFormError(f"the one {problem}")

    def _evaluate(
        self, workload: Workload, of: Callable[[ClosedForm], list[Whole]]
    ) -> tuple[int, ...]:
        """Expressions of a workload's regime, at the workload, which the model must be able to run."""
        evolve(self.run, workload=workload)
        regime = Regime.of(workload)
        if (regime, of) not in self._functions:
            form = self.form(regime)
            self._functions[regime, of] = compiled(of(form), form.algebra)
        return self._functions[regime, of](largest, *values(workload))


def _of_total(form: ClosedForm) -> list[Whole]:
    return expressions(form.total)


def _of_stages(form: ClosedForm) -> list[Whole]:
    return [each for stage in form.stages for each in expressions(stage.cost)]


def _of_modules(form: ClosedForm) -> list[Whole]:
    every = expressions(form.total)
    for row in form.modules:
        every += [row.calls, row.held_bytes, *expressions(row.cost)]
    return every


def _next_cost(counts: Iterator[int]) -> StageCost:
    return StageCost(**{name: next(counts) for name in COUNTS})
