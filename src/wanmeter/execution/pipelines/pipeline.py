"""`Pipeline`: how a profile's program runs a plan, as a value; and the phases that follow from it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from attrs import frozen

from wanmeter.errors import UnknownNameError
from wanmeter.execution.dtype import DType
from wanmeter.execution.execution import Program, executed
from wanmeter.execution.kernel_options import KernelOptions
from wanmeter.execution.options import Attention
from wanmeter.execution.phase import Passes, Phase
from wanmeter.execution.plan import PHASES, Plan
from wanmeter.execution.work import Work, joined, kernel_work

Bytes = Mapping[str, int]
"""Bytes by what they are."""


@frozen(kw_only=True)
class Pipeline:
    """What a program keeps on a device while each stage of a plan runs.

    Attributes:
        plan: what is run, and where.
        programs: the forward pass of each stage.
        stored: the type of a stage's weights.
        run_in: the type that they have while the stage runs.
        weights: the weights on the device while a stage runs.
        held: what waits while a stage runs, given its passes.
        host_bytes: the bytes of weights that hosts keep or load, for all GPUs.
        moved_bytes: the bytes of weights that come from the host in each pass of a stage.
        transfers: what moving weights asks for in a stage, given its passes.
        attention: the attention kernel that the code picks on an architecture.
    """

    plan: Plan
    programs: Mapping[str, Program]
    stored: Callable[[str], DType]
    run_in: Callable[[str], DType]
    weights: Callable[[str], Bytes]
    held: Callable[[str, tuple[Passes, ...]], Bytes]
    host_bytes: int
    moved_bytes: Callable[[str], int]
    transfers: Callable[[str, tuple[Passes, ...]], Sequence[Work]]
    attention: Callable[[str | None], Attention]

    def passes(self, stage: str) -> tuple[Passes, ...]:
        """The forward passes of a stage, one for each shape."""
        if stage not in self.programs:
            raise UnknownNameError("program", stage, tuple(self.programs))
        program, stored = self.programs[stage], self.run_in(stage)
        options = KernelOptions(fused_rms_norm=self.plan.profile.rms_norm == "fused")
        return tuple(
            [
                Passes(executed(program, stage, layer, stored, options), times)
                for layer, times in self.plan.loaded.layers(stage)
                if times
            ]
        )

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases of the plan, in order. A stage without passes has none.

        A text encoder on the host has no passes on the device.
        """
        runs = {stage: self.passes(stage) for stage in self.plan.stages}
        return tuple(
            [
                Phase(
                    name=PHASES[stage],
                    stage=stage,
                    weights=self.weights(stage),
                    held=self.held(stage, passes),
                    passes=() if self._is_on_host(stage) else passes,
                )
                for stage, passes in runs.items()
                if passes
            ]
        )

    @cached_property
    def work(self) -> Mapping[str, Sequence[Work]]:
        """The work of each stage that runs, in order, on the first GPU. It does all that others do, and decodes."""
        return {
            stage: self._work(stage, passes)
            for stage in self.plan.stages
            if (passes := self.passes(stage))
        }

    def _work(self, stage: str, passes: tuple[Passes, ...]) -> Sequence[Work]:
        kernels = kernel_work(passes, self.plan.parallel)
        if self._is_on_host(stage):
            # Its element-wise kernels take little beside its products on a processor.
            products = [each.amount for each in kernels if each.served_by == "matmul"]
            return [Work("cpu", "", sum(products))]
        return joined([*kernels, *self.transfers(stage, passes)])

    def _is_on_host(self, stage: str) -> bool:
        component = self.plan.run.component(stage)
        return component == "text_encoder" and bool(self.plan.placement.t5_cpu)
