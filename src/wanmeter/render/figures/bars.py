"""Horizontal bars, or dots on a logarithmic axis, each labelled with its value."""

import math

from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from wanmeter.render.figures.style import BLACK, COLOURS, INK, MUTED
from wanmeter.render.figures.ticks import number_ticks, power_ticks

BAR = 0.3
"""Height of a bar and the gap to the next one, in inches."""


@frozen(kw_only=True)
class Bar:
    """A bar of a panel, made of one or more segments with the first backend's values.

    `others` are the totals of the other backends, drawn as outlines.
    """

    name: str
    lengths: tuple[float, ...]
    colours: tuple[str, ...]
    label: str
    others: tuple[float, ...] = ()

    @property
    def ends(self) -> tuple[float, ...]:
        """Where the bar ends for each backend."""
        return sum(self.lengths), *self.others


@frozen(kw_only=True)
class Panel:
    """Bars over one axis; `segments` names the segments of a bar that has several.

    Ratios are `dots`: a logarithmic axis has no zero for bars to start at.
    """

    title: str
    axis: str
    bars: tuple[Bar, ...]
    segments: tuple[str, ...] = ()
    dots: bool = False

    @property
    def height(self) -> float:
        """Height in inches."""
        return BAR * len(self.bars)


def draw_bars(axes: Axes, panel: Panel) -> None:
    """Draw a panel, the first bar on top."""
    axes.set_title(panel.title, pad=8)
    axes.set_xlabel(panel.axis)
    axes.grid(visible=panel.dots, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_yticks(range(len(panel.bars)), [bar.name for bar in panel.bars])
    axes.set_ylim(len(panel.bars) - 0.5, -0.5)
    _set_axis(axes, panel)
    for row, bar in enumerate(panel.bars):
        (_draw_dot if panel.dots else _draw_bar)(axes, row, bar)
        axes.annotate(
            bar.label,
            (max(axes.get_xlim()[0], *bar.ends), row),
            xytext=(6 if panel.dots else 5, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            size=8.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    if panel.segments:
        handles = [
            Patch(facecolor=COLOURS[name], edgecolor=MUTED, linewidth=0.6, label=name)
            for name in panel.segments
        ]
        axes.legend(
            handles=handles,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=len(handles),
            frameon=False,
            borderaxespad=0.2,
        )


def _set_axis(axes: Axes, panel: Panel) -> None:
    """Make room for all backends and labels: from 0, or from a power of ten below the first dot."""
    ends = [end for bar in panel.bars for end in bar.ends if end > 0] or [1.0]
    if not panel.dots:
        axes.set_xlim(0, max(ends) * 1.6)
        number_ticks(axes.xaxis)
        return
    start = 10.0 ** math.floor(math.log10(min(ends) / 1.5))
    axes.set_xscale("log")
    axes.set_xlim(start, max(10 * start, start * (max(ends) / start) ** 1.3 * 1.5))
    power_ticks(axes.xaxis)


def _draw_bar(axes: Axes, row: int, bar: Bar) -> None:
    # Yellow needs an edge on white.
    edge = MUTED if len(bar.lengths) > 1 else "none"
    end = 0.0
    for length, colour in zip(bar.lengths, bar.colours, strict=True):
        axes.barh(row, length, left=end, height=0.62, color=colour, edgecolor=edge, linewidth=0.6)
        end += length
    for other in bar.others:
        axes.barh(
            row,
            other,
            height=0.62,
            fill=False,
            edgecolor=BLACK,
            linewidth=1.1,
            linestyle=(0, (2, 2)),
        )


def _draw_dot(axes: Axes, row: int, bar: Bar) -> None:
    own, *others = bar.ends
    colour = bar.colours[0]
    for value, face, edge in [(own, colour, colour), *((other, "none", BLACK) for other in others)]:
        if value:  # no FLOPs have no place on a logarithmic axis
            axes.plot(
                value, row, marker="o", markersize=8, markerfacecolor=face, markeredgecolor=edge
            )
