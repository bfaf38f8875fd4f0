"""`Estimate`: the memory of a run by phase, whether it fits a device, and how long it takes there."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Literal, cast

from attrs import asdict, frozen

from wanmeter.documents import as_json
from wanmeter.errors import InvalidValueError
from wanmeter.estimation.amounts import PHASE_COLUMNS, band_gib, duration, phase_cells
from wanmeter.estimation.memory import Band, PhaseMemory, library_bytes, on_device
from wanmeter.estimation.run_time import RunTime, no_seconds
from wanmeter.estimation.terms import Seconds, Term
from wanmeter.execution.pipelines import Pipeline, pipeline_of
from wanmeter.execution.plan import Plan
from wanmeter.hardware import Device
from wanmeter.notebook import html_table
from wanmeter.records import written
from wanmeter.report.caption import caption
from wanmeter.report.components import Components

SCHEMA = "wanmeter.estimate/1"

Verdict = Literal["fits", "tight", "does not fit"]


@frozen(kw_only=True)
class Estimate:
    """What a plan takes on each device: the memory of each phase, and the time of each stage.

    Without a device there is no capacity, no verdict and no time. `device_bytes` and the verdict rest on
    stated assumptions about what is outside of PyTorch's allocator; `peak_bytes` does not. `stored_bits` are
    those of the weights of each component; `step_moved_bytes` come from the host in each step.
    `price_per_hour` is that of one GPU.
    """

    plan: Plan
    device: Device | None
    phases: tuple[PhaseMemory, ...]
    host_bytes: int
    step_moved_bytes: int
    stored_bits: Mapping[str, int]
    price_per_hour: float | None = None

    @classmethod
    def of(
        cls, plan: Plan, device: Device | None = None, price_per_hour: float | None = None
    ) -> "Estimate":
        """Estimate a plan. Its time is told when it is asked for.

        Raises:
            InvalidValueError: its profile cannot execute it, or none of its stages runs.
        """
        pipeline = pipeline_of(plan)
        workspace, library = plan.profile.conv_workspace, library_bytes(plan, device)
        phases = [PhaseMemory.of(phase, workspace, library) for phase in pipeline.phases]
        if not phases:
            raise InvalidValueError("stages", plan.stages, "one that runs in this workload")
        return cls(
            plan=plan,
            device=device,
            price_per_hour=price_per_hour,
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

    def __repr__(self) -> str:
        return f"<Estimate of {self._caption}; {self._answer}>"

    def _repr_html_(self) -> str:
        """The answer and the memory of each phase, as notebooks show them."""
        return html_table(
            self._caption,
            ("phase", *PHASE_COLUMNS),
            [(phase.name, *phase_cells(phase)) for phase in self.phases],
            note=f"{self._answer[0].upper()}{self._answer[1:]}. 1 GiB = 2^30 bytes.",
        )

    @property
    def _caption(self) -> str:
        """What is estimated."""
        run, stages = self.plan.run, self.plan.stages
        return caption(run.model, run.workload, Components.of(run, stages), stages)

    @property
    def _answer(self) -> str:
        """How it is run, how long that takes, what it needs, and whether it fits."""
        told = [self.plan.in_words(None if self.device is None else self.device.name)]
        with suppress(InvalidValueError):  # the device lacks a rate that was asked for
            told += [duration(self.seconds)] if self.seconds else []
        told.append(f"peak {band_gib(self.peak_bytes)} GiB, in {self.peak_phase.name}")
        return "; ".join([*told, *([self.verdict] if self.verdict else [])])

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

    @cached_property
    def run_time(self) -> RunTime | None:
        """How long it takes; `None` without a device, or if it has no rate for some work: see `notes`.

        Raises:
            InvalidValueError: an attention kernel was asked for, or a number of GPUs, that the device has
                no rate for.
        """
        return None if self._no_seconds else RunTime.of(self._pipeline, cast(Device, self.device))

    @cached_property
    def _no_seconds(self) -> str | None:
        """Why there are no seconds."""
        return "no device" if self.device is None else no_seconds(self._pipeline, self.device)

    @cached_property
    def _pipeline(self) -> Pipeline:
        return pipeline_of(self.plan)

    @property
    def seconds(self) -> Seconds | None:
        """How long it takes, and a band that holds it with a probability of 80 %."""
        return None if self.run_time is None else self.run_time.seconds

    @property
    def terms(self) -> tuple[Term, ...] | None:
        """What its seconds are the sum of."""
        return None if self.run_time is None else self.run_time.terms

    @property
    def step_seconds(self) -> float | None:
        """The mean time of a denoising step, without what is done once in a run, such as moving the model."""
        return None if self.run_time is None else self.run_time.step_seconds

    @property
    def seconds_per_video_second(self) -> float | None:
        """The time that a second of video takes, at the rate at which the model's videos play.

        An image has no such rate.
        """
        run, workload = self.plan.run, self.plan.workload
        if self.seconds is None or workload.num_frames == 1:
            return None
        rate = run.family.official_run(run.model).frames_per_second
        return self.seconds.value * rate / (workload.num_frames * workload.batch_size)

    @property
    def joules(self) -> float | None:
        """At most so much energy: of all boards at their full power, to the end of the band."""
        if self.seconds is None or self.device is None or self.device.power_watts is None:
            return None
        return self.seconds.high * self.device.power_watts.value * self.plan.gpus

    @property
    def price(self) -> float | None:
        """What it costs, in the currency of `price_per_hour`."""
        if self.seconds is None or self.price_per_hour is None:
            return None
        return self.seconds.value / 3600 * self.price_per_hour * self.plan.gpus

    @property
    def notes(self) -> tuple[str, ...]:
        """What the placement has that is no switch of the profile's own code, and why there are no seconds."""
        placement, diffusers = self.plan.placement, self.plan.profile.name == "diffusers"
        switches = {"blocks_to_swap": placement.blocks_to_swap, "t5_cpu": placement.t5_cpu}
        told = [
            f"{name} is no switch of diffusers' pipelines; other programs have it"
            for name, value in switches.items()
            if value and diffusers
        ]
        if self.device is not None and self._no_seconds:
            told.append(f"No seconds: {self._no_seconds}")
        return tuple(told)

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
            "attention": None if self.run_time is None else self.run_time.attention,
            "seconds": None if self.seconds is None else self.seconds._asdict(),
            "step_seconds": self.step_seconds,
            "seconds_per_video_second": self.seconds_per_video_second,
            "joules": self.joules,
            "price_per_hour": self.price_per_hour,
            "price": self.price,
            "terms": None if self.terms is None else [asdict(term) for term in self.terms],
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
