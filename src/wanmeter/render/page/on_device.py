"""The answer that the page gives of an estimate on a device: how long the run takes, and whether it fits."""

from collections.abc import Iterator

from wanmeter.estimation import Estimate
from wanmeter.estimation.amounts import band_gib, duration, gib, plain_duration
from wanmeter.estimation.text import device_title
from wanmeter.render.page.numbers import Number


def answers(estimate: Estimate) -> Iterator[Number]:
    """The time with its band, the verdict, and what follows from them."""
    plan, seconds = estimate.plan, estimate.seconds
    number = "one" if plan.gpus == 1 else str(plan.gpus)
    if seconds is not None:
        yield Number(
            "time",
            duration(seconds),
            f"{seconds.value:,.1f} s",
            f"on {number} {device_title(estimate)}; the band holds it with a probability of 80 %",
        )
    if estimate.step_seconds:
        yield Number(
            "time of a step",
            plain_duration(estimate.step_seconds),
            f"{estimate.step_seconds:,.2f} s",
            "mean of the denoising steps",
        )
    if estimate.seconds_per_video_second and plan.workload.num_frames > 1:
        yield Number(
            "time of a second of video",
            plain_duration(estimate.seconds_per_video_second),
            f"{estimate.seconds_per_video_second:,.1f} s",
            "at the rate at which the model's videos play",
        )
    if estimate.capacity_bytes is not None:
        yield Number(
            "memory",
            estimate.verdict or "",
            f"{band_gib(estimate.device_bytes)} GiB in use of {gib(estimate.capacity_bytes)}",
            f"{'' if plan.gpus == 1 else 'on each GPU; '}PyTorch allocates"
            f" {band_gib(estimate.peak_bytes)} GiB at the peak, in {estimate.peak_phase.name}",
        )


def executed_by(estimate: Estimate) -> str:
    """The code, the placement and the attention kernel, and what there is to note."""
    plan = estimate.plan
    attention = f", {estimate.run_time.attention} attention" if estimate.run_time else ""
    code = "The mathematics" if plan.profile.name == "ideal" else f"{plan.profile.name} code"
    told = [f"{code[0].upper()}{code[1:]}, placement {plan.placement.name}{attention}."]
    told += [f"{note[0].upper()}{note[1:]}." for note in estimate.notes]
    return " ".join(told)
