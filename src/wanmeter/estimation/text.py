"""An estimate as text: the answer first, then the memory of each phase."""

from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.estimation.amounts import PHASE_COLUMNS, band_gib, duration, gib, phase_cells
from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.memory import CACHED_PERCENT, CONTEXT, NCCL, ON_HOST
from wanmeter.estimation.time_text import has_row, per_unit, time_table
from wanmeter.report.caption import caption
from wanmeter.report.components import Components
from wanmeter.terminal import Answered, PlainTable, Prose


def render(estimate: Estimate) -> RenderableType:
    """The verdict, the terms of the time, the phases of the memory, and what the numbers rest on."""
    answer = _answer(estimate)
    parts: list[RenderableType] = [Text()]
    if estimate.seconds is not None:
        parts += [time_table(estimate, estimate.seconds), Text()]
    parts += [_table(estimate), Text(), _footer(estimate)]
    return Answered(Group(title(estimate), Prose(" ".join(answer))), parts, Prose(answer[0]))


def title(estimate: Estimate) -> Prose:
    """What is estimated."""
    run = estimate.plan.run
    stages = estimate.plan.stages
    what = caption(run.model, run.workload, Components.of(run, stages), stages)
    return Prose(what, style="bold")


def device_title(estimate: Estimate) -> str:
    """The device, with its memory."""
    device = estimate.device
    if device is None:
        return "no device"
    memory = f"{gib(device.capacity_bytes.value)} GiB"
    return device.title if memory in device.title else f"{device.title}, {memory}"


def _answer(estimate: Estimate) -> list[str]:
    """How long it takes, whether it fits, and what was estimated."""
    plan, device = estimate.plan, estimate.device
    gpus = "one" if plan.gpus == 1 else str(plan.gpus)
    code = "the mathematics" if plan.profile.name == "ideal" else f"{plan.profile.name} code"
    used, where = band_gib(estimate.device_bytes), "" if plan.gpus == 1 else " on each GPU"
    answer = []
    if device is not None:
        capacity = gib(device.capacity_bytes.value)
        fits = f"{estimate.verdict}{where}: {used} GiB in use of {capacity}"
        on = f"{gpus} {device.title}"
        took = f"about {duration(estimate.seconds)} on {on}; " if estimate.seconds else f"{on}: "
        answer.append(f"{took}{fits}.")
        answer[0] = answer[0][0].upper() + answer[0][1:]
    how = f"{code.capitalize()}, placement {plan.placement.name}{_attention(estimate)}:"
    if estimate.seconds is not None:
        how += f" {per_unit(estimate, estimate.seconds)};"
    answer.append(f"{how} peak {_peak(estimate)}{where}.")
    if device is None:
        answer.append(
            f"A device shows {used} GiB in use; device=NAME says if it fits, and the time."
        )
    if estimate.verdict == "does not fit" and plan.gpus == 1:
        answer.append("`wanmeter fit` with the same overrides finds what to change.")
    return answer


def _attention(estimate: Estimate) -> str:
    kernel = estimate.run_time and estimate.run_time.attention
    return f", {kernel} attention" if kernel else ""


def _peak(estimate: Estimate) -> str:
    """The peak and its phase; two, if another has the highest."""
    peak, phase = estimate.peak_bytes, estimate.peak_phase
    highest = max(estimate.phases, key=lambda each: each.peak_bytes.high)
    if highest.peak_bytes.high == phase.peak_bytes.high:
        return f"{band_gib(peak)} GiB, in {phase.name}"
    return f"{gib(peak.low)} GiB, in {phase.name}, to {gib(peak.high)}, in {highest.name}"


def _table(estimate: Estimate) -> PlainTable:
    drop = ["held", "workspace", "activations"]
    table = PlainTable(("phase", *PHASE_COLUMNS), left=["phase"], drop=drop)
    for phase in estimate.phases:
        style = "bold" if phase is estimate.peak_phase else ""
        table.add_row(phase.name, *phase_cells(phase), style=style)
    return table


def _footer(estimate: Estimate) -> Group:
    phase = estimate.peak_phase
    path, _, operator = phase.moment.partition(" ")
    at = (
        "while the text encoder runs on the host"
        if phase.moment == ON_HOST
        else f"in {path} at {operator}"
    )
    moved = f"; a step moves {gib(estimate.step_moved_bytes)} GiB from or to it"
    lines = [
        *[f"{note}." for note in estimate.notes],
        *_rates(estimate),
        f"The peak, {at}, is what the mathematics needs: a lower bound of any program."
        if estimate.plan.profile.name == "ideal"
        else f"The peak, {at}, is PyTorch's max_memory_allocated: exact but for convolutions"
        " (profile.conv_workspace).",
        f"In use, ASSUMED, adds {band_gib(CONTEXT)} GiB for CUDA and up to {CACHED_PERCENT} % of cache"
        + (f", {band_gib(NCCL)} GiB for NCCL." if estimate.plan.gpus > 1 else "."),
        f"The host needs {gib(estimate.host_bytes)} GiB for weights"
        + (f"{moved}." if estimate.step_moved_bytes else "."),
    ]
    return Group(*[Prose(line, hanging="  ") for line in lines])


def _rates(estimate: Estimate) -> list[str]:
    """What the seconds rest on."""
    if estimate.seconds is None or estimate.device is None:
        return []
    whole = estimate.seconds.value
    origins = {term.origin for term in estimate.terms or () if has_row(term, whole)}
    marks = {"assumed": "* assumed", "fitted": "** fitted to whole runs"}
    told = "".join(f" {mark};" for name, mark in marks.items() if name in origins)
    return [
        f"The band (80 %) is without loading the model;{told} sources of rates:"
        f" `wanmeter list devices {estimate.device.name}`."
    ]
