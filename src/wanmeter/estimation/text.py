"""An estimate as text, at most 80 columns wide: the answer first, then the memory of each phase."""

from textwrap import fill

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.memory import CACHED_PERCENT, CONTEXT, NCCL, Band, PhaseMemory
from wanmeter.report.caption import caption
from wanmeter.report.components import Components
from wanmeter.report.table import plain_table
from wanmeter.units import GIB

WIDTH = 80


def render(estimate: Estimate) -> RenderableType:
    """The verdict, the phases, and what the numbers rest on."""
    return Group(
        title(estimate), _answer(estimate), Text(), _table(estimate), Text(), _footer(estimate)
    )


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
    """The peak, where it is, and whether it fits."""
    plan, peak, device = estimate.plan, estimate.peak_bytes, estimate.device
    gpus = "" if plan.gpus == 1 else f" on each of {plan.gpus} GPUs"
    words = [
        f"{plan.profile.name} code, placement {plan.placement.name}: peak {band_gib(peak)} GiB{gpus},"
        f" in {estimate.peak_phase.name}."
    ]
    used = band_gib(estimate.device_bytes)
    if device is None:
        words.append(f"A device shows {used} GiB in use.")
    else:
        capacity = gib(device.capacity_bytes.value)
        words.append(
            f"{device.title}: {estimate.verdict}; it shows {used} GiB in use, and has {capacity}."
        )
    return Text(fill(" ".join(words), WIDTH))


def _table(estimate: Estimate) -> Table:
    columns = ("weights", "activations", "held", "workspace", "peak GiB")
    table = plain_table("phase", *columns, left=["phase"])
    for phase in estimate.phases:
        style = "bold" if phase is estimate.peak_phase else ""
        table.add_row(phase.name, *_cells(phase), style=style)
    return table


def _cells(phase: PhaseMemory) -> tuple[str, ...]:
    return (
        gib(phase.weights_bytes),
        gib(phase.activation_bytes),
        gib(phase.held_bytes),
        band_gib(phase.workspace_bytes),
        band_gib(phase.peak_bytes),
    )


def _footer(estimate: Estimate) -> Text:
    phase = estimate.peak_phase
    lines = [
        *[f"{note}." for note in estimate.notes],
        f"Peak at {phase.moment}.",
        f"The host needs {gib(estimate.host_bytes)} GiB for weights; in each step"
        f" {gib(estimate.step_moved_bytes)} GiB cross its link to the device.",
        "Peak is what torch.cuda.max_memory_allocated gives; it is exact, but for the workspace of"
        " convolutions, which cuDNN chooses (profile.conv_workspace).",
        f"In use on the device, ASSUMED: {band_gib(CONTEXT)} GiB for CUDA's context and up to"
        f" {CACHED_PERCENT} % in the allocator's cache"
        + (f", {band_gib(NCCL)} GiB for communication." if estimate.plan.gpus > 1 else "."),
    ]
    return Text("\n".join(fill(line, WIDTH, subsequent_indent="  ") for line in lines))


def band_gib(band: Band) -> str:
    """A band in GiB: one number if both ends look the same."""
    low, high = gib(band.low), gib(band.high)
    return low if low == high else f"{low} to {high}"


def gib(size: int) -> str:
    """Bytes in GiB, to two decimals."""
    return f"{size / GIB:,.2f}"
