"""The figure of an estimate's time: the seconds of each stage, by what serves them."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from matplotlib.patches import Patch

from wanmeter.estimation import Estimate
from wanmeter.estimation.amounts import duration, plain_duration
from wanmeter.estimation.terms import Term
from wanmeter.render.figures.bars import Bar, Panel, draw_bars
from wanmeter.render.figures.figure import Caption, Figure, sheet
from wanmeter.render.figures.on_device import (
    KINDS,
    Kind,
    estimate_caption,
    gpus_title,
    kind_of,
    percent,
    time_unit,
    timed,
)
from wanmeter.render.figures.style import MARGIN, MUTED, WIDTH

LEFT, RIGHT = 1.25, 0.25
"""Margins beside the bars, in inches."""

COLUMNS, ROW = 3, 0.21
"""Names on a line of the legend, and its height in inches."""


def time_by_term(estimate: Estimate) -> Figure:
    """The time of each stage, split by what serves its work.

    Raises:
        InvalidValueError: there is no device, or it has no rates for the run.
    """
    device, run_time = timed(estimate)
    total = run_time.seconds
    size, unit = time_unit(total.value)
    seconds = _by_kind(run_time.terms)
    largest = max(seconds, key=lambda kind: seconds[kind])
    stages = dict.fromkeys(term.stage for term in run_time.terms)
    bars = tuple(
        [
            _bar(stage, [term for term in run_time.terms if term.stage == stage], total.value, size)
            for stage in stages
        ]
    )
    panel = Panel(
        title="", axis=f"{unit}; in all {duration(total)}, with a probability of 80 %", bars=bars
    )
    title = (
        f"{largest.takes} {percent(seconds[largest], total.value)} of"
        f" {plain_duration(total.value)} on {gpus_title(estimate, device)}"
    )
    names = [f"{kind.name} {percent(each, total.value)}" for kind, each in seconds.items()]
    rows = -(-len(names) // COLUMNS)

    def draw(shown: Caption) -> Sheet:
        figure, (axes,) = sheet(shown, [panel.height + ROW * (rows - 1)], LEFT, RIGHT)
        box = axes.get_position()
        height = panel.height / figure.get_figheight()
        axes.set_position((box.x0, box.y0, box.width, height))
        draw_bars(axes, panel)
        _draw_legend(axes, panel, list(seconds), names)
        return figure

    told = estimate_caption(estimate, run_time, title)
    spoken = "; ".join(f"{bar.name} {' '.join(bar.label.split())}" for bar in bars)
    alt = f"{title}; in all {duration(total)}. Of it: {', '.join(names)}. By stage: {spoken}."
    return Figure(name="time-by-term", caption=told, alt=alt, draw=draw)


def _by_kind(terms: Sequence[Term]) -> dict[Kind, float]:
    """The seconds of each kind that occurs, in the order of `KINDS`."""
    seconds = dict.fromkeys(KINDS.values(), 0.0)
    for term in terms:
        seconds[kind_of(term.term)] += term.seconds
    return {kind: each for kind, each in seconds.items() if each}


def _bar(stage: str, terms: Sequence[Term], total: float, size: float) -> Bar:
    by_kind = _by_kind(terms)
    own = sum(by_kind.values())
    return Bar(
        name=stage,
        lengths=tuple([seconds / size for seconds in by_kind.values()]),
        colours=tuple([kind.colour for kind in by_kind]),
        label=f"{plain_duration(own)}   {percent(own, total)}",
    )


def _draw_legend(axes: Axes, panel: Panel, kinds: Sequence[Kind], names: Sequence[str]) -> None:
    """The kinds and their shares, above the bars."""
    handles = [
        Patch(facecolor=kind.colour, edgecolor=MUTED, linewidth=0.6, label=name)
        for kind, name in zip(kinds, names, strict=True)
    ]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=((MARGIN - LEFT) / (WIDTH - LEFT - RIGHT), 1 + 0.04 / panel.height),
        ncols=COLUMNS,
        frameon=False,
        handlelength=1.4,
        columnspacing=1.4,
        borderaxespad=0.2,
    )
