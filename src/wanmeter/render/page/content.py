"""The content of the page, in reading order."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from attrs import asdict, evolve, fields, frozen

from wanmeter.conventions import CONVENTIONS, VECTOR_OPS
from wanmeter.cost import StageCost
from wanmeter.errors import DocumentError
from wanmeter.estimation import Estimate
from wanmeter.models import Run
from wanmeter.records import written
from wanmeter.render.page.numbers import Number, headlines
from wanmeter.render.page.on_device import answers, executed_by
from wanmeter.render.page.verified import Failure, agreement, failures
from wanmeter.report import Report, Row
from wanmeter.report.cells import cells
from wanmeter.report.hotspots import SHARES, by_kind, hotspots, shares
from wanmeter.verify import Verification
from wanmeter.verify.json_text import run_settings
from wanmeter.verify.reading import check_run

MAX_HOTSPOTS = 10


@frozen(kw_only=True)
class Page:
    """The content of the page, except its figures.

    `command` is the command line that made it, if any; `verification` is of this run, if given, and so is
    `estimate`, which is on a device.
    """

    run: Run
    report: Report
    layer_impls: tuple[str, ...]
    verification: Verification | None = None
    estimate: Estimate | None = None
    command: str = ""

    @classmethod
    def of(
        cls,
        run: Run,
        *,
        layer_impls: Sequence[str] = (),
        verification: Verification | None = None,
        estimate: Estimate | None = None,
        command: str = "",
    ) -> "Page":
        """Build the page of a run. The first of `layer_impls`, or else the run's own, gives the numbers.

        Raises:
            UnknownNameError: a backend that does not exist.
            DocumentError: the verification is of another run, or lacks a backend.
        """
        runs = [evolve(run, layer_impl=name) for name in layer_impls] or [run]
        names = tuple(each.layer_impl.name for each in runs)
        if verification is not None:
            _check_verification(verification, runs[0], names)
        return cls(
            run=runs[0],
            report=Report.of(runs[0]),
            layer_impls=names,
            verification=verification,
            estimate=estimate,
            command=command,
        )

    BESIDE_ESTIMATE = (
        "The mathematics alone: a lower bound in these data types. Code adds casts, temporaries and workspaces;"
        " what the device holds at once is told above."
    )
    """What the cost is, beside an estimate."""

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The headline numbers."""
        return tuple(headlines(self.report))

    @property
    def answers(self) -> tuple[Number, ...]:
        """The time and the memory on a device; none without an estimate."""
        return tuple(answers(self.estimate)) if self.estimate else ()

    @property
    def executed_by(self) -> str:
        """The code that the estimate is of; empty without one."""
        return executed_by(self.estimate) if self.estimate else ""

    @property
    def settings(self) -> Mapping[str, Mapping[str, object]]:
        """The settings of the run, by section."""
        return {
            "workload": written(self.report.workload),
            **self._stages,
            "model": written(self.report.model),
            **{name: written(spec) for name, spec in self.report.components},
        }

    @property
    def _stages(self) -> Mapping[str, Mapping[str, object]]:
        """The stages that are costed and left out; empty if all are costed."""
        costed = [stage.path for stage in self.report.stages]
        left_out = [
            stage
            for stage in self.run.family.stages_of(self.report.model, self.report.workload)
            if stage not in costed
        ]
        if not left_out:
            return {}
        return {"stages": {"in this report": ", ".join(costed), "left out": ", ".join(left_out)}}

    @property
    def totals(self) -> tuple[tuple[str, str], ...]:
        """Every field of the run's cost, exactly."""
        total = self.report.total
        return tuple((field.name, f"{getattr(total, field.name):,}") for field in fields(StageCost))

    @property
    def tree(self) -> Iterator[tuple[Row, bool, tuple[str, ...]]]:
        """Every module, parents before their children; whether it has parts; and its cells."""
        parents = {row.parent for row in self.report}
        for row, peak_bytes in self.report.peaks:
            yield row, row.path in parents, cells(row, self.report.total.flops, peak_bytes)

    ALWAYS = ("FLOPs", "share")
    """The columns of the tree that a narrow screen shows too."""

    HOT = SHARES
    """The columns of the hotspots."""

    @property
    def hotspots(self) -> tuple[tuple[str, ...], ...]:
        """The most expensive operators."""
        rows = islice(hotspots(self.report), MAX_HOTSPOTS)
        return tuple(
            (row.path, str(row.kind), *shares(row.cost, self.report.total)) for row in rows
        )

    @property
    def kinds(self) -> tuple[tuple[str, ...], ...]:
        """The classes of operators."""
        return tuple(
            (kind, f"{count:,}", *shares(cost, self.report.total))
            for kind, count, cost in by_kind(self.report)
        )

    @property
    def conventions(self) -> Mapping[str, str]:
        """The conventions as text, except those that the page lists separately."""
        own = ("vector_ops", "not_modelled")
        return {key: str(text) for key, text in CONVENTIONS.items() if key not in own}

    @property
    def vector_ops(self) -> Mapping[str, int]:
        """Operations per element, by name."""
        return asdict(VECTOR_OPS)

    @property
    def modelled(self) -> tuple[str, ...]:
        """What the cost covers, stage by stage."""
        stages = self.run.family.stages
        return tuple(stages[stage.path].modelled(self.run) for stage in self.report.stages)

    @property
    def agreement(self) -> str:
        """Whether the packaged backends agree; empty unless the page has several."""
        return agreement(self.run, self.layer_impls)

    @property
    def backends(self) -> str:
        """The backend of the numbers, and those that the figures draw over it."""
        first, *others = self.layer_impls
        over = f"; in figures, over it: {', '.join(others)}" if others else ""
        return f"layer_impl={first}{over}"

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The checks that did not hold."""
        return tuple(failures(self.verification)) if self.verification else ()


def _check_verification(verification: Verification, run: Run, layer_impls: Sequence[str]) -> None:
    """Refuse a verification that is of another run, or lacks one of the backends."""
    verified = verification.layer_impls
    for name in layer_impls:
        if name not in verified:
            problem = f"covers {', '.join(verified)}, but not {name}"
            raise DocumentError("verification", problem)
    check_run(run_settings(verification.run), run, "verification")
