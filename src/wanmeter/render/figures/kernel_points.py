"""The kernels of an estimate on matrix units, by stage and rate, with the bytes that they move."""

from collections.abc import Iterable

from attrs import evolve, frozen

from wanmeter.estimation import Estimate
from wanmeter.estimation.terms import Term
from wanmeter.estimation.timing import Timing
from wanmeter.execution.phase import Passes
from wanmeter.execution.pipelines import pipeline_of
from wanmeter.execution.work import kernel_work
from wanmeter.hardware import Device
from wanmeter.render.figures.on_device import ATTENTION, CONVOLUTIONS, PRODUCTS, Kind, kind_of

MATRIX_KINDS = (ATTENTION, PRODUCTS, CONVOLUTIONS)


@frozen(kw_only=True)
class KernelPoint:
    """The kernels of a stage that one rate serves; `bytes` is what they read and write in memory.

    Two experts are one stage: their kernels have the same intensities.
    """

    stage: str
    rate: str
    flops: int
    bytes: int
    seconds: float
    reached: float

    @property
    def kind(self) -> Kind:
        """What the kernels are."""
        return kind_of(self.rate)

    @property
    def intensity(self) -> float:
        """FLOPs per byte."""
        return self.flops / self.bytes


def kernel_points(
    estimate: Estimate, device: Device, terms: Iterable[Term]
) -> tuple[KernelPoint, ...]:
    """The terms that matrix units serve, with the bytes that their kernels move. A host's are no points."""
    plan = estimate.plan
    pipeline = pipeline_of(plan)
    timing = Timing.of(pipeline, device)
    moved: dict[tuple[str, str], int] = {}
    for stage in plan.stages:
        for execution, times in pipeline.passes(stage):
            for kernel in execution.kernels:
                alone = Passes(evolve(execution, kernels=(kernel,)), times)
                (work,) = kernel_work([alone], plan.parallel)
                key = stage, timing.rate_of(work)
                size = times * (kernel.bytes_read + kernel.bytes_written)
                moved[key] = moved.get(key, 0) + size
    experts = [stage for stage in plan.stages if plan.run.component(stage) == "transformer"]
    names = dict.fromkeys(experts, "both transformers") if len(experts) > 1 else {}
    points: dict[tuple[str, str], KernelPoint] = {}
    for term in terms:
        if kind_of(term.term) not in MATRIX_KINDS:
            continue
        stage = names.get(term.stage, term.stage)
        before = points.get((stage, term.term))
        points[stage, term.term] = KernelPoint(
            stage=stage,
            rate=term.term,
            flops=term.work + (before.flops if before else 0),
            bytes=moved[term.stage, term.term] + (before.bytes if before else 0),
            seconds=term.seconds + (before.seconds if before else 0.0),
            reached=term.rate * term.wave_efficiency,
        )
    return tuple(points.values())
