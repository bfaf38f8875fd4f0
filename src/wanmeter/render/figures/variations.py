"""The workloads that curves show: a run at other numbers of frames, and at other sizes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from attrs import evolve, frozen

from wanmeter.errors import InvalidValueError, WanmeterError
from wanmeter.models import Run, Workload
from wanmeter.render.figures.slices import (
    SELF_ATTENTION_CORE,
    transformer_modules,
)
from wanmeter.report import Report
from wanmeter.units import counted

Change = Mapping[str, Any]
"""Workload fields to replace."""


@frozen(kw_only=True)
class Point:
    """The FLOPs of a run at one workload: of the transformer's self-attention core, of the rest of it,
    and of each other stage.
    """

    workload: Workload
    flops: Mapping[str, int]

    @property
    def total(self) -> int:
        """The FLOPs of the whole run."""
        return sum(self.flops.values())


@frozen(kw_only=True)
class Variation:
    """How the workload of a run varies; `axis` names the quantity, and `x` gives its value.

    `whole` means that it is an integer; `changes` gives the fields to replace.
    """

    name: str
    axis: str
    whole: bool
    x: Callable[[Workload], float]
    here: Callable[[Workload], str]
    changes: Callable[[Run], Iterable[Change]]

    def points(self, run: Run) -> tuple[Point, ...]:
        """The run at each workload that it supports, including its own."""
        workloads = {self.x(run.workload): run.workload}
        for change in self.changes(run):
            with suppress(WanmeterError):  # not a valid workload: the curve ends
                workload = evolve(run.workload, **change)
                workloads.setdefault(self.x(workload), workload)
        return tuple(_points(run, (workloads[x] for x in sorted(workloads))))


def common(every: Sequence[Sequence[Point]]) -> list[list[Point]]:
    """The points at workloads that all backends support."""
    shared = set.intersection(*({point.workload for point in points} for points in every))
    return [[point for point in points if point.workload in shared] for points in every]


def makes_videos(run: Run) -> bool:
    """Whether the model makes more than one frame."""
    frames = run.geometry.grid(run.workload).frames + 1
    try:
        evolve(run, workload=evolve(run.workload, num_frames=run.geometry.num_frames(frames)))
    except WanmeterError:
        return run.workload.num_frames > 1
    return True


def require_videos(run: Run) -> None:
    """Refuse a model that makes images only.

    Raises:
        InvalidValueError: it does.
    """
    if not makes_videos(run):
        allowed = "a model that makes videos, for a figure of frames"
        raise InvalidValueError("workload.num_frames", run.workload.num_frames, allowed)


def _points(run: Run, workloads: Iterable[Workload]) -> Iterator[Point]:
    for workload in workloads:
        try:
            report = Report.of(evolve(run, workload=workload))
        except WanmeterError:
            if workload == run.workload:
                raise
            continue  # the model or the backend does not support it: the curve ends
        yield Point(workload=workload, flops=_flops(report))


def _flops(report: Report) -> dict[str, int]:
    stages = {row.path: row.cost.flops for row in report.stages}
    modules = {part.name: part.cost.flops for part in transformer_modules(report)}
    core = modules.get(SELF_ATTENTION_CORE)
    if core is None:
        return stages
    rest = sum(stages.pop(stage) for stage in report.running("transformer")) - core
    return {SELF_ATTENTION_CORE: core, "rest of transformer": rest, **stages}


def _frames(run: Run) -> Iterator[Change]:
    """From one frame to twice as many as the run has, but at least 161, in some twenty steps."""
    last = max(41, (run.workload.num_frames + 1) // 2)
    for latents in (*range(1, last, -(-last // 20)), last):
        yield {"num_frames": run.geometry.num_frames(latents)}


def _sizes(run: Run) -> Iterator[Change]:
    """From a quarter to one and a half times the sides, keeping the aspect ratio as far as tokens allow."""
    sides = run.workload.height, run.workload.width
    for eighths in range(2, 13):
        height, width = (
            step * max(1, round(side * eighths / (8 * step)))
            for side, step in zip(sides, run.geometry.sides, strict=True)
        )
        yield {"height": height, "width": width}


FRAMES = Variation(
    name="frames",
    axis="frames",
    whole=True,
    x=lambda workload: workload.num_frames,
    here=lambda workload: counted(workload.num_frames, "frame"),
    changes=_frames,
)
RESOLUTION = Variation(
    name="resolution",
    axis="megapixels per frame (10⁶ pixels)",
    whole=False,
    x=lambda workload: workload.height * workload.width / 10**6,
    here=lambda workload: f"{workload.width}x{workload.height}",
    changes=_sizes,
)
