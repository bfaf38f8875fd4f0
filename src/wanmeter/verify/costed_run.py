"""A run and its report, from which the sections of a verification are made."""

from attrs import evolve, frozen

from wanmeter.models import Run
from wanmeter.report import Report

PARTIAL = "the real module has parts that this transformer leaves out"
"""Why a stage may be compared only in part."""


def one_pass(run: Run) -> Run:
    """The same run with one forward pass of each transformer, and one prompt."""
    return evolve(run, workload=run.family.one_pass(run.model, run.workload))


@frozen
class CostedRun:
    """A run and its report."""

    run: Run
    report: Report

    @classmethod
    def of(cls, run: Run) -> "CostedRun":
        """Evaluate a run."""
        return cls(run, Report.of(run))

    @property
    def layer_impl(self) -> str:
        """The name of the backend."""
        return self.report.provenance.layer_impl

    def in_one_pass(self) -> Report:
        """The report of `one_pass` of the run."""
        return Report.of(one_pass(self.run))

    def by(self, layer_impl: str) -> "CostedRun":
        """The same run by another backend."""
        return CostedRun.of(evolve(self.run, layer_impl=layer_impl))
