"""The changes that make a phase smaller, in order of harm: exact ones, then tiles, fp8, and fewer frames."""

from collections.abc import Callable, Iterator
from typing import Any

from attrs import evolve, frozen

from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.memory import PhaseMemory, on_device
from wanmeter.execution.plan import PHASES, Plan
from wanmeter.hardware import Device
from wanmeter.models import Workload

TILES = ((512, 384), (384, 288), (256, 192))
"""Sides and strides of tiles, in pixels. Below these nothing is gained: the tiles that are done take more."""

TILED = ("vae_encode", "vae_decode")
DENOISED = ("denoise", "denoise_2")


@frozen(kw_only=True)
class Candidate:
    """A plan after some changes, and the overrides that make them."""

    plan: Plan
    overrides: tuple[str, ...] = ()

    def placed(self, **options: Any) -> "Candidate":
        """With other options of the placement."""
        texts = [f"{key}={str(value).lower()}" for key, value in options.items()]
        plan = evolve(self.plan, placement=evolve(self.plan.placement, **options))
        return Candidate(plan=plan, overrides=(*self.overrides, *texts))

    def with_frames(self, num_frames: int) -> "Candidate":
        """With another number of frames."""
        plan = with_workload(self.plan, evolve(self.plan.workload, num_frames=num_frames))
        return Candidate(plan=plan, overrides=(*self.overrides, f"num_frames={num_frames}"))


def with_workload(plan: Plan, workload: Workload) -> Plan:
    """The same plan for another workload.

    Raises:
        InvalidValueError: the model cannot run it.
    """
    return evolve(plan, run=evolve(plan.run, workload=workload), workload=workload)


def phase_of(plan: Plan, phase: str, device: Device) -> PhaseMemory:
    """The memory of a phase of a plan."""
    return next(each for each in Estimate.of(plan, device).phases if each.name == phase)


def fits(memory: PhaseMemory, plan: Plan, device: Device) -> bool:
    """Whether a phase surely fits: with the largest workspace, and all that is assumed around it."""
    return on_device(memory.peak_bytes, plan.gpus).high <= device.capacity_bytes.value


def candidates(plan: Plan, phase: str, device: Device) -> Iterator[Candidate]:
    """Changes of a phase, the least harmful first. Of those in number, the least that is enough, if any is."""

    def enough(candidate: Candidate) -> bool:
        return fits(phase_of(candidate.plan, phase, device), candidate.plan, device)

    as_it_is = Candidate(plan=plan)
    yield as_it_is
    alone = as_it_is if plan.placement.offload_model else as_it_is.placed(offload_model=True)
    yield alone
    smallest = alone
    if phase == PHASES["text_encoder"]:
        yield alone.placed(t5_cpu=True)
        return
    if phase in DENOISED:
        blocks = next(
            plan.loaded.units(stage).blocks for stage, name in PHASES.items() if name == phase
        )
        for quantized in (None, "fp8"):
            start = alone if quantized is None else alone.placed(quantized=quantized)
            yield start
            swapped = least(blocks, _swapping(start, enough))
            if swapped is not None:
                yield start.placed(blocks_to_swap=swapped)
            if quantized is None:
                smallest = alone.placed(offload_type="leaf_level", use_stream=True)
                yield smallest
    if phase in TILED:
        for side, stride in TILES:
            smallest = alone.placed(
                tile_sample_min_height=side,
                tile_sample_min_width=side,
                tile_sample_stride_height=stride,
                tile_sample_stride_width=stride,
            )
            yield smallest
    stride = plan.run.geometry.vae_stride[0]
    latents = (plan.workload.num_frames - 1) // stride
    fewer = least(
        latents,
        lambda n: enough(smallest.with_frames(stride * (latents - n) + 1)),
    )
    if fewer is not None:
        yield smallest.with_frames(stride * (latents - fewer) + 1)


def _swapping(start: Candidate, enough: Callable[[Candidate], bool]) -> Callable[[int], bool]:
    return lambda number: enough(start.placed(blocks_to_swap=number))


def least(most: int, enough: Callable[[int], bool]) -> int | None:
    """The least number from 1 to `most` that is enough, if more is never worse; `None` if none is."""
    if most < 1 or not enough(most):
        return None
    low, high = 0, most  # high is enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
