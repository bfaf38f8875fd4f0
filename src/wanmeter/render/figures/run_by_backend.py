"""`RunByBackend`: the run that figures show, by one or more backends."""

from collections.abc import Callable, Sequence
from functools import cached_property

from attrs import frozen

from wanmeter.cost import StageCost
from wanmeter.models import Run
from wanmeter.render.figures.figure import Caption
from wanmeter.render.figures.slices import Slice
from wanmeter.report import Report


@frozen(slots=False)
class RunByBackend:
    """The same run by each backend; the first is drawn filled."""

    runs: tuple[Run, ...]

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """The reports of the runs."""
        return tuple(Report.of(run) for run in self.runs)

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
