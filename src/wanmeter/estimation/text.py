"""An estimate as text, at most 80 columns wide: the answer first, then the memory of each phase."""

from textwrap import fill

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.estimation.amounts import PHASE_COLUMNS, band_gib, duration, gib, phase_cells
from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.memory import CACHED_PERCENT, CONTEXT, NCCL, ON_HOST
from wanmeter.estimation.time_text import per_unit, time_table
from wanmeter.report.caption import caption
from wanmeter.report.components import Components
from wanmeter.report.table import plain_table

WIDTH = 80


def render(estimate: Estimate) -> RenderableType:
    """The verdict, the terms of the time, the phases of the memory, and what the numbers rest on."""
    parts: list[RenderableType] = [title(estimate), _answer(estimate), Text()]
    if estimate.seconds is not None:
        parts += [time_table(estimate, estimate.seconds), Text()]
    return Group(*parts, _table(estimate), Text(), _footer(estimate))


def title(estimate: Estimate) -> Text:
    """What is estimated."""
    run = estimate.plan.run
    stages = estimate.plan.stages
    what = caption(run.model, run.workload, Components.of(run, stages), stages)
    return Text(fill(what, WIDTH), style="bold")


def device_title(estimate: Estimate) -> str:
    """The device, with its memory."""
    device = estimate.device
    if device is None:
        return "no device"
    memory = f"{gib(device.capacity_bytes.value)} GiB"
    return device.title if memory in device.title else f"{device.title}, {memory}"


def _answer(estimate: Estimate) -> Text:
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
    answer.append(f"{code.capitalize()}, placement {plan.placement.name}{_attention(estimate)}:")
    if estimate.seconds is not None:
        answer.append(f"{per_unit(estimate, estimate.seconds)};")
    answer.append(f"peak {_peak(estimate)}{where}.")
    if device is None:
        answer.append(f"A device shows {used} GiB in use.")
    return Text(fill(" ".join(answer), WIDTH))


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


def _table(estimate: Estimate) -> Table:
    table = plain_table("phase", *PHASE_COLUMNS, left=["phase"])
    for phase in estimate.phases:
        style = "bold" if phase is estimate.peak_phase else ""
        table.add_row(phase.name, *phase_cells(phase), style=style)
    return table


def _footer(estimate: Estimate) -> Text:
    phase = estimate.peak_phase
    lines = [
        *[f"{note}." for note in estimate.notes],
        *_rates(estimate),
        "Peak while the text encoder runs on the host."
        if phase.moment == ON_HOST
        else f"Peak at {phase.moment}.",
        f"The host needs {gib(estimate.host_bytes)} GiB for weights; in each step"
        f" {gib(estimate.step_moved_bytes)} GiB cross its link to the device.",
        "This is what the mathematics needs: a lower bound of any program."
        if estimate.plan.profile.name == "ideal"
        else "Peak is what torch.cuda.max_memory_allocated gives; it is exact, but for the workspace of"
        " convolutions, which cuDNN chooses (profile.conv_workspace).",
        f"In use besides, ASSUMED: {band_gib(CONTEXT)} GiB for CUDA's context and up to"
        f" {CACHED_PERCENT} % in the allocator's cache"
        + (f", {band_gib(NCCL)} GiB for communication." if estimate.plan.gpus > 1 else "."),
    ]
    return Text("\n".join(fill(line, WIDTH, subsequent_indent="  ") for line in lines))


def _rates(estimate: Estimate) -> list[str]:
    """What the seconds rest on."""
    if estimate.terms is None or estimate.device is None:
        return []
    origins = {term.origin for term in estimate.terms}
    marks = {"assumed": "* assumed", "fitted": "** fitted to whole runs"}
    told = "; ".join([mark for name, mark in marks.items() if name in origins])
    return [
        "The band holds the time with a probability of 80 %. Each term is exact work over a rate"
        f"{f' ({told})' if told else ''}; none hides behind another unless the code lets it."
        f" `wanmeter list devices {estimate.device.name}` has the sources of rates. Loading the model"
        " is not counted."
    ]
