"""What stands on the page, in the order in which it is read."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from attrs import asdict, evolve, fields, frozen

from wanmeter.conventions import CONVENTIONS, MODELLED, NOT_MODELLED, VECTOR_OPS
from wanmeter.cost import StageCost
from wanmeter.errors import DocumentError
from wanmeter.report import Report
from wanmeter.report.amounts import BYTES, FLOPS, GIB, TERA, amount, readable, share
from wanmeter.report.caption import caption
from wanmeter.report.hotspots import by_kind, hotspots
from wanmeter.verify import Outcome, Section, Verification
from wanmeter.verify.consistency import consistency_section
from wanmeter.verify.costed import Costed
from wanmeter.wan.run import Run

TOP = 10
"""Operators among the hotspots."""


@frozen
class Number:
    """A headline: what it is, how it reads, what it is exactly, and what it means."""

    name: str
    reads: str
    exact: str
    means: str


@frozen(kw_only=True)
class TreeRow:
    """A module in the table: its place in the tree, and its cells."""

    path: str
    name: str
    depth: int
    parent: str
    unfolds: bool
    cells: tuple[str, ...]


@frozen(kw_only=True)
class Page:
    """Everything that the page says but its figures.

    `command` is the command line that makes it, where one did; `verification` a verification of this
    very run, if one is given.
    """

    run: Run
    report: Report
    layer_impls: tuple[str, ...]
    verification: Verification | None = None
    command: str = ""

    @classmethod
    def of(
        cls,
        run: Run,
        *,
        layer_impls: Sequence[str] = (),
        verification: Verification | None = None,
        command: str = "",
    ) -> "Page":
        """The page of a run by the backends named, the first of which gives the numbers; else by its own.

        Raises:
            UnknownNameError: a backend that does not exist.
            DocumentError: the verification is not of that backend, or not of these numbers.
        """
        runs = [evolve(run, layer_impl=name) for name in layer_impls] or [run]
        page = cls(
            run=runs[0],
            report=Report.of(runs[0]),
            layer_impls=tuple(each.layer_impl.name for each in runs),
            verification=verification,
            command=command,
        )
        page._check_verification()
        return page

    def _check_verification(self) -> None:
        """A verification says something about this page only if it looked at these numbers."""
        if self.verification is None:
            return
        verified = self.verification.layer_impls
        for name in self.layer_impls:
            if name not in verified:
                problem = f"verifies {', '.join(verified)}, and this is by {name}"
                raise DocumentError("verification", problem)
        for section in self.verification:
            for check in section.checks if section.name == "end2end" else ():
                cost = self.report.total if check.subject == "total" else None
                if check.subject in self.report:
                    cost = self.report[check.subject].cost
                stated = getattr(cost, check.quantity, check.analytic)
                if check.analytic not in (None, stated):
                    problem = f"of other numbers: {check.subject}: {check.quantity}"
                    raise DocumentError("verification", problem)

    @property
    def title(self) -> str:
        """The model and the workload."""
        return caption(self.report.model, self.report.workload)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The headlines: of the whole run."""
        total, workload = self.report.total, self.report.workload
        largest = max(self.report.stages, key=lambda row: row.cost.activation_bytes)
        return (
            Number(
                "FLOPs",
                readable(total.flops, FLOPS),
                f"{total.flops:,}",
                "1 multiply-add is 2 FLOPs",
            ),
            Number(
                "bytes moved",
                readable(total.io_bytes, BYTES),
                f"{total.io_bytes:,} bytes",
                "to and from device memory",
            ),
            Number(
                "weights",
                readable(total.weight_bytes, BYTES),
                f"{total.weight_bytes:,} bytes",
                f"{total.params:,} parameters in all stages",
            ),
            Number(
                "peak activations",
                readable(total.activation_bytes, BYTES),
                f"{total.activation_bytes:,} bytes",
                f"of the largest stage, {largest.path}",
            ),
            Number(
                "KV cache",
                readable(total.kv_cache_bytes, BYTES),
                f"{total.kv_cache_bytes:,} bytes",
                "keys and values kept between passes",
            ),
            Number(
                "forward passes",
                f"{workload.forward_passes:,}",
                f"{workload.num_inference_steps:,} steps",
                "of the transformer; guidance makes two a step",
            ),
        )

    @property
    def settings(self) -> Mapping[str, Mapping[str, object]]:
        """What the run was told, section by section."""
        return {
            "workload": asdict(self.report.workload),
            "model": asdict(self.report.model),
            **{name: asdict(spec) for name, spec in self.report.components},
        }

    @property
    def totals(self) -> tuple[tuple[str, str], ...]:
        """Every field of the run's cost, exactly."""
        total = self.report.total
        return tuple((field.name, f"{getattr(total, field.name):,}") for field in fields(StageCost))

    TREE = ("copies", "calls", "TFLOP", "share", "I/O GiB", "weights GiB", "peak act. GiB")
    """The columns of the tree."""

    @property
    def tree(self) -> Iterator[TreeRow]:
        """Every module, parents before their children."""
        total = self.report.total
        parents = {row.parent for row in self.report}
        held = {"": 0}
        for row in self.report:
            held[row.path] = held[row.parent] + row.held_bytes
            yield TreeRow(
                path=row.path,
                name=row.name,
                depth=row.depth,
                parent=row.parent,
                unfolds=row.path in parents,
                cells=(
                    f"{row.copies:,}",
                    f"{row.calls:,}",
                    amount(row.cost.flops, TERA),
                    share(row.cost.flops, total.flops),
                    amount(row.cost.io_bytes, GIB),
                    amount(row.cost.weight_bytes, GIB),
                    amount(row.cost.activation_bytes + held[row.path], GIB),
                ),
            )

    HOT = ("TFLOP", "share", "I/O GiB", "share of I/O")
    """The columns of the hotspots."""

    @property
    def hotspots(self) -> tuple[tuple[str, ...], ...]:
        """The most expensive operators."""
        rows = islice(hotspots(self.report), TOP)
        return tuple((row.path, str(row.kind), *self._shares(row.cost)) for row in rows)

    @property
    def kinds(self) -> tuple[tuple[str, ...], ...]:
        """The classes of operators."""
        return tuple(
            (kind, f"{count:,}", *self._shares(cost)) for kind, count, cost in by_kind(self.report)
        )

    def _shares(self, cost: StageCost) -> tuple[str, ...]:
        total = self.report.total
        return (
            amount(cost.flops, TERA),
            share(cost.flops, total.flops),
            amount(cost.io_bytes, GIB),
            share(cost.io_bytes, total.io_bytes),
        )

    @property
    def conventions(self) -> Mapping[str, str]:
        """What the numbers mean, in words."""
        return {key: text for key, text in CONVENTIONS.items() if isinstance(text, str)}

    @property
    def vector_ops(self) -> Mapping[str, int]:
        """Operations per element."""
        return asdict(VECTOR_OPS)

    @property
    def modelled(self) -> tuple[str, ...]:
        """What the cost covers."""
        return MODELLED

    @property
    def not_modelled(self) -> tuple[str, ...]:
        """What it leaves out."""
        return NOT_MODELLED

    @property
    def agreement(self) -> str:
        """How far the backends are apart, where there are several."""
        if not self.layer_impls[1:]:
            return ""
        runs = [evolve(self.run, layer_impl=name) for name in self.layer_impls]
        section = consistency_section("core", [Costed.of(run) for run in runs])
        (check,) = (each for each in section.checks if each.subject == "backends agree")
        names = " and ".join(self.layer_impls)
        if check.outcome is Outcome.HOLDS:
            return f"{names} agree exactly, in {check.analytic:,} comparisons."
        return (
            f"{names} DISAGREE in {abs(check.difference or 0):,} of {check.analytic:,} comparisons."
        )

    @property
    def failures(self) -> tuple[tuple[Section, str, str], ...]:
        """What the verification could not confirm: the section, the subject, and why."""
        return tuple(
            (
                section,
                f"{check.subject}: {check.quantity}",
                check.reason or f"{check.analytic:,} and not {check.measured:,}",
            )
            for section in self.verification or ()
            for check in section.checks
            if check.outcome is not Outcome.HOLDS
        )
