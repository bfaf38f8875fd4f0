"""`meter` costs one run; `Meter` binds a model once and then costs any workload in microseconds."""

from collections.abc import Iterator
from typing import Unpack, final

from wanmeter.backends import LayerBackend
from wanmeter.configuring import Configuration, Model, configure
from wanmeter.cost import COUNTS, StageCost
from wanmeter.models import Run, Workload
from wanmeter.report import Components, Provenance, Report, Row
from wanmeter.symbolic import ClosedForm, Regime
from wanmeter.symbolic.form_cache import FormCache, of_modules, of_stages, of_total
from wanmeter.version import __version__


def meter(
    model: Model | None = None,
    workload: str | Workload | None = None,
    layer_impl: str | LayerBackend | None = None,
    **configuration: Unpack[Configuration],
) -> Report:
    """Cost `workload` on `model`, module by module.

    Arguments and errors are those of `wanmeter.configure`.
    """
    return Report.of(configure(model, workload, layer_impl, **configuration))


@final
class Meter:
    """The costs of one model and backend from closed forms, in microseconds per workload.

    A closed form is derived from the layers' formulas when its regime is first needed, which takes some
    tenths of a second. Results equal those of `wanmeter.meter` exactly.
    """

    def __init__(
        self,
        model: Model | None = None,
        layer_impl: str | LayerBackend | None = None,
        **configuration: Unpack[Configuration],
    ) -> None:
        """Bind a model or a run, and a backend. Takes what `configure` takes, and raises what it raises."""
        self.run = configure(model, None, layer_impl, **configuration)
        self._forms = FormCache(self.run)

    def cost(self, workload: Workload) -> StageCost:
        """Cost a workload in total.

        Raises:
            InvalidValueError: the model cannot run it.
            ClosedFormError: the backend's layers have no closed form.
        """
        _, counts = self._forms.evaluate(workload, of_total)
        return StageCost(**dict(zip(COUNTS, counts, strict=True)))

    def stages(self, workload: Workload) -> dict[str, StageCost]:
        """Cost each stage, in execution order. Errors are those of `cost`."""
        form, values = self._forms.evaluate(workload, of_stages)
        counts = iter(values)
        return {stage.path: _next_cost(counts) for stage in form.stages}

    def report(self, workload: Workload) -> Report:
        """Build the report of `wanmeter.meter`, in about a millisecond. Errors are those of `cost`."""
        form, values = self._forms.evaluate(workload, of_modules)
        counts = iter(values)
        return Report(
            model=self.run.model,
            components=Components.of(self.run, [stage.path for stage in form.stages]),
            workload=workload,
            provenance=Provenance(layer_impl=self.run.layer_impl.name, version=__version__),
            total=_next_cost(counts),
            modules=tuple(
                Row(
                    path=module.path,
                    copies=module.copies,
                    kind=module.kind,
                    calls=next(counts),
                    held_bytes=next(counts),
                    cost=_next_cost(counts),
                )
                for module in form.modules
            ),
        )

    def form(self, regime: Regime) -> ClosedForm:
        """The closed form of a regime, derived once and cached.

        Raises:
            InvalidValueError: the model cannot run any workload of the regime.
            ClosedFormError: the backend's layers have no closed form.
        """
        return self._forms.form(regime)

    def __repr__(self) -> str:
        return f"<Meter of {self.run.model.name}, layer_impl={self.run.layer_impl.name}>"

    def __getstate__(self) -> dict[str, Run]:
        """Drop the closed forms; they are derived again when needed."""
        return {"run": self.run}

    def __setstate__(self, state: dict[str, Run]) -> None:
        """Bind the run again."""
        self.__init__(state["run"])


def _next_cost(counts: Iterator[int]) -> StageCost:
    return StageCost(**{name: next(counts) for name in COUNTS})
