"""What the curves stand for: a run at other numbers of frames, other sizes, other numbers of steps."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import evolve, frozen

from wanmeter.closed_form import Meter
from wanmeter.errors import ClosedFormError, InvalidValueError
from wanmeter.figures.parts import self_attention_cores
from wanmeter.report import Report
from wanmeter.report.amounts import counted
from wanmeter.wan.run import Run
from wanmeter.wan.workload import Workload


@frozen(kw_only=True)
class Point:
    """The FLOPs of a run at one workload: of each stage, and of the self-attention cores among them."""

    workload: Workload
    stages: Mapping[str, int]
    cores: int

    @property
    def total(self) -> int:
        """The FLOPs of the whole run."""
        return sum(self.stages.values())


@frozen(kw_only=True)
class Sweep:
    """A run at many workloads; `axis` names what varies, and `x` says how much of it a workload has."""

    name: str
    axis: str
    x: Callable[[Workload], float]
    here: Callable[[Workload], str]
    workloads: Callable[[Workload], Iterable[Workload]]

    def points(self, run: Run) -> tuple[Point, ...]:
        """The run at each workload that it can do, its own among them."""
        varied = {self.x(each): each for each in self.workloads(run.workload)}
        varied[self.x(run.workload)] = run.workload
        return tuple(_points(run, (varied[x] for x in sorted(varied))))


def _points(run: Run, workloads: Iterable[Workload]) -> Iterator[Point]:
    meter = Meter.of(run)
    for workload in workloads:
        try:
            there = evolve(run, workload=workload)
        except InvalidValueError:  # more, or fewer, than the model can do: the curve ends
            continue
        try:
            report = meter.report(workload)
        except ClosedFormError:  # layers of a backend that asks what symbols cannot say
            report = Report.of(there)
        yield Point(
            workload=workload,
            stages={row.path: row.cost.flops for row in report.stages},
            cores=self_attention_cores(report).flops,
        )


def _frames(workload: Workload) -> Iterator[Workload]:
    """From one frame to twice as many as the run has, 161 at least."""
    for latents in _growing(max(41, (workload.num_frames + 1) // 2)):
        yield evolve(workload, num_frames=4 * latents - 3)


def _sizes(workload: Workload) -> Iterator[Workload]:
    """From a quarter to one and a half times the sides, in the same shape as nearly as 16 pixels allow."""
    for eighths in range(2, 13):
        height, width = (
            max(16, 16 * round(side * eighths / 128)) for side in (workload.height, workload.width)
        )
        yield evolve(workload, height=height, width=width)


def _steps(workload: Workload) -> Iterator[Workload]:
    """From one step to twice as many as the run has."""
    for steps in _growing(2 * workload.num_inference_steps):
        yield evolve(workload, num_inference_steps=steps)


def _growing(last: int) -> Iterator[int]:
    """From 1 to `last`, in steps that grow: curves bend where they begin."""
    number = 1
    while number < last:
        yield number
        number += 1 + number // 5
    yield last


FRAMES = Sweep(
    name="frames",
    axis="frames",
    x=lambda workload: workload.num_frames,
    here=lambda workload: counted(workload.num_frames, "frame"),
    workloads=_frames,
)
RESOLUTION = Sweep(
    name="resolution",
    axis="megapixels a frame (10⁶ pixels)",
    x=lambda workload: workload.height * workload.width / 10**6,
    here=lambda workload: f"{workload.width}x{workload.height}",
    workloads=_sizes,
)
STEPS = Sweep(
    name="steps",
    axis="denoising steps",
    x=lambda workload: workload.num_inference_steps,
    here=lambda workload: counted(workload.num_inference_steps, "step"),
    workloads=_steps,
)
