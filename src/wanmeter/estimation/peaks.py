"""`Peaks`: the peaks of one plan at any workload, from closed forms."""

from typing import Unpack

from attrs import evolve, frozen

from wanmeter.backends import LayerBackend
from wanmeter.configuring import Configuration, Model
from wanmeter.estimation.estimating import planned
from wanmeter.estimation.memory import Band, library_bytes, workspace_band
from wanmeter.execution.pipelines import PIPELINES
from wanmeter.models import Workload
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.compilation import Function, compiled, largest
from wanmeter.symbolic.regimes import Regime, values


@frozen(kw_only=True)
class PeakForm:
    """The peak of each phase in one regime and batch size, compiled: the low one, then the high one."""

    phases: tuple[str, ...]
    function: Function


class Peaks:
    """The peak of each phase of one plan, at any workload, in microseconds.

    A closed form is derived when its regime and batch size are first needed, in about a second. Results
    equal those of `wanmeter.estimation` exactly.
    """

    def __init__(
        self,
        model: Model | None = None,
        layer_impl: str | LayerBackend | None = None,
        *,
        device: str | None = None,
        profile: str | None = None,
        placement: str | None = None,
        parallel: str | None = None,
        **configuration: Unpack[Configuration],
    ) -> None:
        """Bind a model or a run, and how it is executed. Arguments are those of `estimate`.

        Errors are those of `estimate`, here or in `at`.
        """
        self.plan, self.device = planned(
            model, None, layer_impl, device, profile, placement, parallel, configuration
        )
        self._forms: dict[tuple[Regime, int], PeakForm] = {}

    def at(self, workload: Workload) -> dict[str, Band]:
        """The peak bytes of each phase: what PyTorch's allocator has in use.

        Raises:
            InvalidValueError: the model cannot run the workload.
        """
        run = evolve(self.plan.run, workload=workload)
        form = self.form(Regime.of(run.scheduled(workload), run.geometry), workload.batch_size)
        found = form.function(largest, *values(run.scheduled(workload), run.geometry))
        bands = zip(found[::2], found[1::2], strict=True)
        return {name: Band(*band) for name, band in zip(form.phases, bands, strict=True)}

    def form(self, regime: Regime, batch_size: int) -> PeakForm:
        """The closed form of a regime and a batch size. Its function takes columns of numpy too."""
        key = (regime, batch_size)
        if key not in self._forms:
            self._forms[key] = self._derived(regime, batch_size)
        return self._forms[key]

    def _derived(self, regime: Regime, batch_size: int) -> PeakForm:
        algebra, plan = Algebra(), self.plan
        symbolic = evolve(regime.workload(algebra, plan.run.geometry), batch_size=batch_size)
        phases = PIPELINES[plan.profile.name](evolve(plan, workload=symbolic)).phases
        workspace, library = plan.profile.conv_workspace, library_bytes(plan, self.device)
        peaks = []
        for phase in phases:
            fixed = phase.weights_bytes + phase.held_bytes + phase.activation_bytes
            band = workspace_band(phase, workspace, library)
            peaks += [fixed + band.low, fixed + band.high]
        names = tuple([phase.name for phase in phases])
        return PeakForm(phases=names, function=compiled(peaks, algebra))
