"""`RunByBackend`: the run that figures show, by one or more backends."""

from collections.abc import Callable, Sequence
from functools import cached_property

from attrs import frozen

from wanmeter.cost import StageCost
from wanmeter.hardware import Device
from wanmeter.models import Run
from wanmeter.render.figures.figure import Caption
from wanmeter.render.figures.slices import Slice, aligned, stages, transformer_modules
from wanmeter.report import Report


@frozen(slots=False)
class RunByBackend:
    """The same run by each backend; the first is drawn filled. `device` is the one of its roofline, if any."""

    runs: tuple[Run, ...]
    device: Device | None = None

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """The reports of the runs."""
        return tuple(Report.of(run) for run in self.runs)

    @cached_property
    def parts(self) -> tuple[tuple[Slice, ...], ...]:
        """The stages and, in the place of transformers, their modules: each by every backend."""
        other = [
            tuple(part for part in stages(report) if part.name not in report.running("transformer"))
            for report in self.reports
        ]
        split = [transformer_modules(report) for report in self.reports]
        return *zip(*aligned(split), strict=True), *zip(*aligned(other), strict=True)

    def difference(self, count: Callable[[StageCost], int]) -> int:
        """The largest difference of a count between backends in any part."""
        return difference(tuple(zip(*self.parts, strict=True)), count)

    def caption(self, title: str, *differences: str) -> Caption:
        """A figure's caption; with several backends, it states their largest difference.

        `differences` are readable amounts, one per unit of the figure.
        """
        run, *others = self.runs
        backends = f"layer_impl={run.layer_impl.name}"
        if others:
            names = ", ".join(other.layer_impl.name for other in others)
            largest = " and ".join(each for each in differences if each != "0") or "0"
            backends += f"; as outlines or dots, {names}: largest difference {largest}"
        return Caption(title=title, run=self.reports[0].caption, backends=backends)


def difference(every: Sequence[Sequence[Slice]], count: Callable[[StageCost], int]) -> int:
    """The largest difference of a count between the first backend's parts and the others', aligned."""
    first, *others = every
    return max(
        (
            abs(count(mine.cost) - count(theirs.cost))
            for other in others
            for mine, theirs in zip(first, other, strict=True)
        ),
        default=0,
    )
