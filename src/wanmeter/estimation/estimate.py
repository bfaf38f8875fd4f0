"""`Estimate`: the memory of a run by phase, and whether it fits a device."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from attrs import asdict, frozen

from wanmeter.documents import as_json
from wanmeter.errors import InvalidValueError
from wanmeter.estimation.memory import Band, PhaseMemory, library_bytes, on_device
from wanmeter.execution.pipelines import PIPELINES
from wanmeter.execution.plan import Plan
from wanmeter.hardware import Device
from wanmeter.records import written
from wanmeter.report.components import Components

SCHEMA = "wanmeter.estimate/1"

Verdict = Literal["fits", "tight", "does not fit"]


@frozen(kw_only=True)
class Estimate:
    """The memory that a plan takes on each device, phase by phase.

    Without a device there is no capacity, and no verdict. `device_bytes` and the verdict rest on stated
    assumptions about what is outside of PyTorch's allocator; `peak_bytes` does not. `stored_bits` are those
    of the weights of each component; `step_moved_bytes` come from the host in each step.
    """

    plan: Plan
    device: Device | None
    phases: tuple[PhaseMemory, ...]
    host_bytes: int
    step_moved_bytes: int
    stored_bits: Mapping[str, int]

    @classmethod
    def of(cls, plan: Plan, device: Device | None = None) -> "Estimate":
        """Estimate a plan.

        Raises:
            InvalidValueError: its profile cannot execute it, or none of its stages runs.
        """
        pipeline = PIPELINES[plan.profile.name](plan)
        workspace, library = plan.profile.conv_workspace, library_bytes(plan, device)
        phases = [PhaseMemory.of(phase, workspace, library) for phase in pipeline.phases]
        if not phases:
            raise InvalidValueError("stages", plan.stages, "one that runs in this workload")
        return cls(
            plan=plan,
            device=device,
            phases=tuple(phases),
            host_bytes=pipeline.host_bytes,
            step_moved_bytes=plan.workload.prompts
            * max(
                [
                    pipeline.moved_bytes(stage)
                    for stage in plan.stages
                    if plan.run.component(stage) == "transformer"
                ],
                default=0,
            ),
            stored_bits={
                plan.run.component(stage): 8 * pipeline.stored(stage).bytes for stage in plan.stages
            },
        )

    @property
    def peak_phase(self) -> PhaseMemory:
        """The phase with the largest low peak."""
        return max(self.phases, key=lambda phase: phase.peak_bytes.low)

    @cached_property
    def peak_bytes(self) -> Band:
        """The peak of all phases."""
        peaks = [phase.peak_bytes for phase in self.phases]
        return Band(max([peak.low for peak in peaks]), max([peak.high for peak in peaks]))

    @property
    def device_bytes(self) -> Band:
        """What the device shows as used at the peak."""
        return on_device(self.peak_bytes, self.plan.gpus)

    @property
    def capacity_bytes(self) -> int | None:
        """The memory of the device that PyTorch reports."""
        return None if self.device is None else self.device.capacity_bytes.value

    @property
    def verdict(self) -> Verdict | None:
        """Whether it fits: surely, perhaps (`tight`), or surely not."""
        if self.capacity_bytes is None:
            return None
        if self.device_bytes.high <= self.capacity_bytes:
            return "fits"
        return "tight" if self.device_bytes.low <= self.capacity_bytes else "does not fit"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the placement has that is no switch of the profile's own code."""
        placement, diffusers = self.plan.placement, self.plan.profile.name == "diffusers"
        switches = {"blocks_to_swap": placement.blocks_to_swap, "t5_cpu": placement.t5_cpu}
        return tuple(
            [
                f"{name} is no switch of diffusers' pipelines; other programs have it"
                for name, value in switches.items()
                if value and diffusers
            ]
        )

    def to_json(self) -> str:
        """The estimate as JSON text, with exact integers."""
        return as_json(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The estimate as a document, `wanmeter.estimate/1`; what nobody estimates is null."""
        plan, device = self.plan, self.device
        run = plan.run
        return {
            "schema": SCHEMA,
            "model": {**written(run.model), "components": self._components()},
            "workload": written(run.scheduled(run.workload)),
            "device": None if device is None else device.name,
            "profile": asdict(plan.profile),
            "placement": asdict(plan.placement),
            "parallel": asdict(plan.parallel),
            "seconds": None,
            "terms": None,
            "phases": [
                {
                    "name": phase.name,
                    "weights_bytes": phase.weights_bytes,
                    "activation_bytes": phase.activation_bytes,
                    "workspace_bytes": asdict(phase.workspace_bytes),
                    "held_bytes": phase.held_bytes,
                    "peak_bytes": asdict(phase.peak_bytes),
                    "moment": phase.moment,
                }
                for phase in self.phases
            ],
            "peak_bytes": asdict(self.peak_bytes),
            "peak_phase": self.peak_phase.name,
            "host_bytes": self.host_bytes,
            "step_moved_bytes": self.step_moved_bytes,
            "device_bytes": asdict(self.device_bytes),
            "capacity_bytes": self.capacity_bytes,
            "verdict": self.verdict,
            "notes": list(self.notes),
        }

    def _components(self) -> dict[str, dict[str, Any]]:
        """The components that run. Their weights have the bits that the profile stores."""
        components = Components.of(self.plan.run, self.plan.stages)
        return {
            name: {**written(spec), "weight_bits": self.stored_bits[name]}
            for name, spec in components
            if name in self.stored_bits
        }
