"""`Estimator`: the peaks and the seconds of one plan at any workload, from closed forms."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Unpack

from attrs import evolve, frozen

from wanmeter.backends import LayerBackend
from wanmeter.configuring import Configuration, Model
from wanmeter.errors import ClosedFormError, InvalidValueError
from wanmeter.estimation.choosing import PRICE
from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.estimating import planned
from wanmeter.estimation.memory import Band, library_bytes, workspace_band
from wanmeter.estimation.terms import Seconds, spent, total
from wanmeter.estimation.timing import Timing
from wanmeter.execution.pipelines import pipeline_of
from wanmeter.execution.plan import Plan
from wanmeter.execution.work import Work, joined
from wanmeter.hardware import Device
from wanmeter.models import Workload
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.compilation import Function, compiled, largest
from wanmeter.symbolic.expression import Whole
from wanmeter.symbolic.once import Once
from wanmeter.symbolic.regimes import Regime, values


class QuickEstimate(NamedTuple):
    """The peak bytes of each phase, which PyTorch's allocator has in use, and the seconds if there are any."""

    peaks: dict[str, Band]
    seconds: Seconds | None

    @property
    def peak_bytes(self) -> Band:
        """The peak of all phases."""
        bands = self.peaks.values()
        return Band(max([band.low for band in bands]), max([band.high for band in bands]))


@frozen(kw_only=True)
class EstimateForm:
    """The estimate of one regime and batch size as a compiled function of the workload's symbols.

    It yields a low and a high peak for each phase, then the amount of each kind of work, and its grid if it has one.
    `work` has the kinds by stage, without amounts.
    """

    phases: tuple[str, ...]
    work: Mapping[str, Sequence[Work]]
    expressions: Sequence[Whole]
    algebra: Algebra

    @cached_property
    def function(self) -> Function:
        """The compiled function."""
        return compiled(self.expressions, self.algebra)

    def work_of(self, found: Sequence[Any]) -> dict[str, list[Work]]:
        """The work of each stage in what the function yielded: ints, or arrays."""
        given = iter(found[2 * len(self.phases) :])
        return {
            stage: [_filled(kind, given) for kind in kinds] for stage, kinds in self.work.items()
        }


def _filled(kind: Work, given: Any) -> Work:
    amount, grid = next(given), kind.grid
    if grid is not None:
        grid = type(grid)(next(given), next(given), next(given))
    return kind._replace(amount=amount, grid=grid)


class Estimator:
    """The peaks and the seconds of one plan, at any workload, in microseconds.

    A closed form is derived when its regime and batch size are first needed, in about a second. Results
    equal those of `wanmeter.estimate` exactly.
    """

    def __init__(
        self,
        model: Model | None = None,
        workload: str | Workload | None = None,
        layer_impl: str | LayerBackend | None = None,
        *,
        device: str | Device | None = None,
        profile: str | None = None,
        placement: str | None = None,
        parallel: str | None = None,
        **configuration: Unpack[Configuration],
    ) -> None:
        """Bind a model or a run, and how it is executed. Arguments are those of `estimate`.

        Errors are those of `estimate`, here or in `at`.
        """
        plan, choice = planned(
            model,
            workload,
            layer_impl,
            configuration,
            device=device,
            profile=profile,
            placement=placement,
            parallel=parallel,
        )
        if choice.price_per_hour is not None:
            raise InvalidValueError(
                PRICE, choice.price_per_hour, "nothing in closed forms and sweeps"
            )
        self._bind(plan, choice.device)

    @classmethod
    def of_plan(cls, plan: Plan, device: Device | None) -> "Estimator":
        """Bind a plan that is made already, such as an estimate's."""
        made = cls.__new__(cls)
        made._bind(plan, device)
        return made

    def __repr__(self) -> str:
        device = None if self.device is None else self.device.name
        return f"<Estimator of {self.plan.run.model.name}; {self.plan.in_words(device)}>"

    def _bind(self, plan: Plan, device: Device | None) -> None:
        self.plan, self.device = plan, device
        timed = Estimate.of(plan, device).run_time is not None
        self.timing = Timing.of(pipeline_of(plan), device) if timed and device else None
        self._forms = Once[tuple[Regime, int], EstimateForm]()

    def at(self, workload: Workload) -> QuickEstimate:
        """The peak of each phase, and the seconds; `None` where `estimate` has none.

        Raises:
            InvalidValueError: the model cannot run the workload.
            ClosedFormError: the plan has none: the VAE works in tiles.
        """
        run = evolve(self.plan.run, workload=workload)
        scheduled = run.scheduled(workload)
        form = self.form(Regime.of(scheduled, run.geometry), workload.batch_size)
        found = tuple(form.function(largest, *values(scheduled, run.geometry)))
        peaks = {name: Band(*found[2 * i : 2 * i + 2]) for i, name in enumerate(form.phases)}
        return QuickEstimate(peaks, self._seconds(form.work_of(found)))

    def _seconds(self, work: Mapping[str, Sequence[Work]]) -> Seconds | None:
        if self.timing is None:
            return None
        # Kinds that symbols tell apart may be one here, say where a video has as many tokens as the text.
        return total([spent(joined(works), self.timing) for works in work.values()], self.timing)

    def form(self, regime: Regime, batch_size: int) -> EstimateForm:
        """The closed form of a regime and a batch size. Its function takes columns of numpy too."""
        return self._forms((regime, batch_size), lambda: self._derived(regime, batch_size))

    def _derived(self, regime: Regime, batch_size: int) -> EstimateForm:
        if self.plan.placement.tiles:
            raise ClosedFormError(
                "the tiles of the VAE depend on the size of the video; use estimate"
            )
        algebra, plan = Algebra(), self.plan
        symbolic = evolve(regime.workload(algebra, plan.run.geometry), batch_size=batch_size)
        pipeline = pipeline_of(evolve(plan, workload=symbolic))
        workspace, library = plan.profile.conv_workspace, library_bytes(plan, self.device)
        wanted = []
        for phase in (phases := pipeline.phases):
            fixed = phase.weights_bytes + phase.held_bytes + phase.activation_bytes
            band = workspace_band(phase, workspace, library)
            wanted += [fixed + band.low, fixed + band.high]
        work = pipeline.work if self.timing else {}
        for kind in [each for kinds in work.values() for each in kinds]:
            wanted += [kind.amount, *(kind.grid or ())]
        return EstimateForm(
            phases=tuple([phase.name for phase in phases]),
            work={
                stage: [kind._replace(amount=0) for kind in kinds] for stage, kinds in work.items()
            },
            expressions=wanted,
            algebra=algebra,
        )
