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
AROUND_TEXT = ("text_encode", "vae_encode")
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


def phase_of(estimate: Estimate, phase: str) -> PhaseMemory:
    """The memory of a phase of a run."""
    return next(each for each in estimate.phases if each.name == phase)


def fits(memory: PhaseMemory, plan: Plan, device: Device) -> bool:
    """Whether a phase surely fits: with the largest workspace, and all that is assumed around it."""
    return on_device(memory.peak_bytes, plan.gpus).high <= device.capacity_bytes.value


def candidates(plan: Plan, phase: str, device: Device) -> Iterator[Candidate]:
    """Changes of a phase, the least harmful first; of a number of blocks or frames, the least that is enough."""

    def enough(candidate: Candidate) -> bool:
        made = Estimate.of(candidate.plan, device)
        return fits(phase_of(made, phase), candidate.plan, device)

    start = Candidate(plan=plan)
    yield start
    if not (plan.placement.offload_model or plan.placement.offload_type):
        start = start.placed(offload_model=True)
        yield start
    if phase in AROUND_TEXT and not plan.placement.t5_cpu:
        # The text encoder runs in the first of these, and may still be there in the second.
        yield start.placed(t5_cpu=True)
        start = start.placed(t5_cpu=True) if phase == AROUND_TEXT[1] else start
    if phase == AROUND_TEXT[0]:
        return
    smallest = start
    if phase in DENOISED and not plan.placement.offload_type:
        blocks = next(
            plan.loaded.units(stage).blocks for stage, name in PHASES.items() if name == phase
        )
        for quantized in (None, "fp8"):
            if quantized and plan.placement.quantized:
                continue  # the user's own is kept
            stored = start if quantized is None else start.placed(quantized=quantized)
            yield stored
            swapped = least(blocks, _swapping(stored, enough))
            if swapped is not None:
                yield stored.placed(blocks_to_swap=swapped)
            if quantized is None:
                # Leaves come one by one: no block stays longer.
                kept = {"blocks_to_swap": 0} if plan.placement.blocks_to_swap else {}
                smallest = start.placed(**kept, offload_type="leaf_level", use_stream=True)
                yield smallest
    if phase in TILED:
        for side, stride in TILES:
            smallest = start.placed(
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
