"""The figure of an estimate: the memory of each phase, and the device's."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from matplotlib.patches import Patch

from wanmeter.estimation import Estimate, PhaseMemory
from wanmeter.render.figures.bars import Bar, Panel, draw_bars
from wanmeter.render.figures.figure import Caption, Figure, sheet
from wanmeter.render.figures.style import COLOURS, INK, MARGIN, MUTED, WIDTH
from wanmeter.report.caption import caption
from wanmeter.report.components import Components
from wanmeter.units import GIB

LEFT, RIGHT = 1.25, 0.25
"""Margins beside the bars, in inches."""

PARTS = ("weights", "peak activations", "held", "workspace, at most")


def memory_by_phase(estimate: Estimate) -> Figure:
    """The peak of each phase by what it is made of, with the line of the device's memory."""
    bars = tuple([_bar(phase) for phase in estimate.phases])
    plan = estimate.plan
    gpus = "" if plan.gpus == 1 else f", each of {plan.gpus} GPUs"
    panel = Panel(
        title="",
        axis=f"GiB allocated: {plan.profile.name} code, placement {plan.placement.name}{gpus}",
        bars=bars,
    )
    title, run = _title(estimate), plan.run
    stages = plan.stages
    told = Caption(
        title=title,
        run=caption(run.model, run.workload, Components.of(run, stages), stages),
        backends=f"layer_impl={run.layer_impl.name}",
    )
    spoken = "; ".join(f"{bar.name} {bar.label}" for bar in bars)
    capacity = None if estimate.device is None else estimate.device.capacity_bytes.value / GIB

    def draw(shown: Caption) -> Sheet:
        figure, (axes,) = sheet(shown, [panel.height], LEFT, RIGHT)
        draw_bars(axes, panel)
        _draw_legend(axes, panel)
        if capacity is not None:
            _draw_capacity(axes, capacity)
        return figure

    return Figure(name="memory-by-phase", caption=told, alt=f"{title}. {spoken}.", draw=draw)


def _bar(phase: PhaseMemory) -> Bar:
    sizes = (
        phase.weights_bytes,
        phase.activation_bytes,
        phase.held_bytes,
        phase.workspace_bytes.high,
    )
    low, high = (f"{size / GIB:.1f}" for size in (phase.peak_bytes.low, phase.peak_bytes.high))
    return Bar(
        name=phase.name,
        lengths=tuple([size / GIB for size in sizes]),
        colours=tuple([COLOURS[part] for part in PARTS]),
        label=f"{low} GiB" if low == high else f"{low} to {high} GiB",
    )


def _title(estimate: Estimate) -> str:
    """The answer: the peak, and whether it fits."""
    phase, high = estimate.peak_phase.name, estimate.peak_bytes.high / GIB
    if estimate.device is None:
        return f"At most {high:.1f} GiB, in {phase}"
    verdict = {"fits": "Fits", "tight": "May fit", "does not fit": "Does not fit"}
    answer = verdict[estimate.verdict or "tight"]
    return f"{answer} {estimate.device.title.removeprefix('NVIDIA ')}: {high:.1f} GiB in {phase}"


def _draw_legend(axes: Axes, panel: Panel) -> None:
    """The names of the parts, above the label of the device's memory."""
    handles = [
        Patch(facecolor=COLOURS[part], edgecolor=MUTED, linewidth=0.6, label=part) for part in PARTS
    ]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=((MARGIN - LEFT) / (WIDTH - LEFT - RIGHT), 1 + 0.24 / panel.height),
        ncols=len(handles),
        frameon=False,
        columnspacing=1.2,
        borderaxespad=0.2,
    )


def _draw_capacity(axes: Axes, capacity: float) -> None:
    """A line at the device's memory."""
    axes.set_xlim(0, max(axes.get_xlim()[1], capacity * 1.25))
    axes.axvline(capacity, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.annotate(
        f"{capacity:.1f} GiB",
        (capacity, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=INK,
        size=8.5,
    )
