"""What figures are drawn of: a run, by one backend or by several over each other."""

from collections.abc import Iterable
from functools import cached_property

from attrs import asdict, frozen

from wanmeter.figures.canvas import Caption
from wanmeter.figures.parts import Part
from wanmeter.report import Report
from wanmeter.report.caption import caption
from wanmeter.wan.run import Run


@frozen(slots=False)
class Subject:
    """The same run by each backend, the first of which is drawn filled."""

    runs: tuple[Run, ...]

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """Their reports."""
        return tuple(Report.of(run) for run in self.runs)

    def caption(self, title: str, difference: int) -> Caption:
        """A figure's caption; with several backends, how far apart they are in all that it shows."""
        run, *others = self.runs
        backends = f"layer_impl={run.layer_impl.name}"
        if others:
            names = ", ".join(other.layer_impl.name for other in others)
            backends += (
                f"; over it, as outlines or dots, {names}: largest difference {difference:,}"
            )
        return Caption(title=title, run=caption(run.model, run.workload), backends=backends)


def difference(parts: Iterable[tuple[Part, ...]]) -> int:
    """The largest difference between the backends' parts, in any field; all of it where one lacks a part."""
    first, *others = ({part.name: asdict(part.cost) for part in each} for each in parts)
    return max(
        (
            abs(mine.get(field, 0) - theirs.get(field, 0))
            for other in others
            for name in {**first, **other}
            for mine, theirs in [(first.get(name, {}), other.get(name, {}))]
            for field in {**mine, **theirs}
        ),
        default=0,
    )
