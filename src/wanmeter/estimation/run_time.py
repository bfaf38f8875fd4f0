"""`RunTime`: how long a plan takes on a device, term by term; or why nobody can tell."""

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from wanmeter.errors import InvalidValueError
from wanmeter.estimation.terms import Seconds, Term, spent, terms, total
from wanmeter.estimation.timing import Timing
from wanmeter.execution.options import Attention
from wanmeter.execution.pipelines import Pipeline
from wanmeter.execution.plan import Plan
from wanmeter.execution.work import Work
from wanmeter.hardware import Device


@frozen(kw_only=True)
class RunTime:
    """The seconds of a run, and the terms that they are the sum of.

    Attributes:
        attention: the kernel that attends; `None` if none does.
        terms: the terms of all stages.
        seconds: their sum, with a band.
        step_seconds: of a denoising step, on average; what is done once in a run is in none. `None` without steps.
    """

    attention: Attention | None
    terms: tuple[Term, ...]
    seconds: Seconds
    step_seconds: float | None

    @classmethod
    def of(cls, pipeline: Pipeline, device: Device) -> "RunTime":
        """Time the work of a pipeline on a device that has all rates for it: see `no_seconds`."""
        timing, work = Timing.of(pipeline, device), pipeline.work
        made = terms(work, timing)
        attends = any([term.term.startswith("attention.") for term in made])
        return cls(
            attention=timing.attention if attends else None,
            terms=made,
            seconds=total([spent(works, timing) for works in work.values()], timing),
            step_seconds=_step_seconds(pipeline.plan, work, timing),
        )


def _step_seconds(plan: Plan, work: Mapping[str, Sequence[Work]], timing: Timing) -> float | None:
    denoised = [
        spent([each for each in works if not each.once], timing)
        for stage, works in work.items()
        if plan.run.component(stage) == "transformer"
    ]
    seconds = [term.seconds for stage in denoised for term in stage.values()]
    return sum(seconds) / plan.workload.num_inference_steps if seconds else None


def no_seconds(pipeline: Pipeline, device: Device) -> str | None:
    """Why a device cannot tell the seconds of a pipeline; `None` if it can.

    Raises:
        InvalidValueError: an attention kernel was asked for, or a number of GPUs, that it has no rate for.
    """
    if not device.rates:
        return f"{device.name} has no rates"
    plan, timing = pipeline.plan, Timing.of(pipeline, device)
    for name in _missing(pipeline, timing):
        served_by, _, variant = name.partition(".")
        known = ", ".join(device.variants(served_by)) or "none"
        if served_by == "attention":
            if plan.profile.attention:
                allowed = f"one that {device.name} has a rate for: {known}"
                raise InvalidValueError("profile.attention", variant, allowed)
            return (
                f"{plan.profile.name} runs {variant} attention on {device.name}, which has no rate for it;"
                f" set profile.attention to one that it has: {known}"
            )
        if served_by in ("all_to_all", "all_gather", "send_recv"):
            both = timing.ulysses > 1 and timing.ring > 1
            key = ".ring_degree" if timing.ring > 1 else ".ulysses_degree"
            allowed = f"a number of GPUs that {device.name} has rates for: {known}"
            raise InvalidValueError(f"parallel{'' if both else key}", timing.gpus, allowed)
        return f"{device.name} has no rate for {name}"
    return None


def _missing(pipeline: Pipeline, timing: Timing) -> Iterator[str]:
    """The rates that some work needs and the device does not have."""
    for works in pipeline.work.values():
        for work in works:
            name = timing.rate_of(work)
            if name not in timing.rates:
                yield name
