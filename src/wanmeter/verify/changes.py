"""What a backend means to change: those rows are not compared, all others are."""

from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from wanmeter.report import Report, Row
from wanmeter.verify.costed_run import CostedRun
from wanmeter.verify.verification import Check


@frozen
class Changes:
    """The rows of a report that its backend declares to change."""

    layer_impl: str
    paths: tuple[str, ...]
    stages: tuple[str, ...]
    """The stages of the transformer, whose layers a backend supplies."""

    @classmethod
    def of(cls, costed: CostedRun) -> "Changes":
        """Those of a costed run."""
        run = costed.run
        stages = (row.path for row in costed.report.stages)
        theirs = tuple(stage for stage in stages if run.component(stage) == "transformer")
        return cls(costed.layer_impl, run.layer_impl.changes, theirs)

    def has(self, path: str) -> bool:
        """Whether a row is changed, or part of a changed one."""
        stage, _, row = path.partition("/")
        return stage in self.stages and any(f"/{each}/" in f"/{row}/" for each in self.paths)

    def below(self, report: Report, path: str) -> list[Row]:
        """The outermost changed rows below a row."""
        return [
            row
            for row in report
            if row.path.startswith(f"{path}/") and self.has(row.path) and not self.has(row.parent)
        ]

    def excused(self, checks: Iterable[Check]) -> Iterator[Check]:
        """Checks of changed rows, or of rows with such parts, which are not compared."""
        for check in checks:
            yield evolve(check, measured=None, outside=True, reason=self.reason)

    @property
    def reason(self) -> str:
        """Why a row is not compared."""
        return f"{self.layer_impl} changes {', '.join(self.paths)}"
