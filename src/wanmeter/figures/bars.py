"""Horizontal bars, each labelled with what it says."""

from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from wanmeter.figures.canvas import BLACK, INK

BAR = 0.3
"""Inches that a bar takes, the gap to the next one included."""


@frozen(kw_only=True)
class Bar:
    """One line of a panel: segments one after the other, as long as the first backend's numbers.

    `others` are the same lengths by the other backends; they are drawn as outlines.
    """

    name: str
    lengths: tuple[float, ...]
    colours: tuple[str, ...]
    label: str
    others: tuple[tuple[float, ...], ...] = ()


@frozen(kw_only=True)
class Panel:
    """Bars over one axis; `segments` says what the colours stand for, where that needs saying."""

    title: str
    axis: str
    bars: tuple[Bar, ...]
    segments: tuple[tuple[str, str], ...] = ()
    logarithmic: bool = False

    @property
    def height(self) -> float:
        """Inches."""
        return BAR * len(self.bars)


def draw_bars(axes: Axes, panel: Panel) -> None:
    """Draw a panel: the first bar on top."""
    axes.set_title(panel.title, pad=8)
    axes.set_xlabel(panel.axis)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_yticks(range(len(panel.bars)), [bar.name for bar in panel.bars])
    axes.set_ylim(len(panel.bars) - 0.5, -0.5)
    longest = max(sum(bar.lengths) for bar in panel.bars)
    start = 0.0
    if panel.logarithmic:
        axes.set_xscale("log")
        shortest = min(sum(bar.lengths) for bar in panel.bars if sum(bar.lengths))
        start = 10.0 ** _floor_log10(shortest)
        axes.set_xlim(start, start * (longest / start) ** 1.3 * 1.5)
    else:
        axes.set_xlim(0, (longest or 1) * 1.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
    for row, bar in enumerate(panel.bars):
        _draw_bar(axes, row, bar, start)
    if panel.segments:
        handles = [Patch(color=colour, label=name) for name, colour in panel.segments]
        axes.legend(
            handles=handles,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=len(handles),
            frameon=False,
            borderaxespad=0.2,
        )


def _floor_log10(value: float) -> int:
    return len(str(int(value))) - 1 if value >= 1 else -1


def _draw_bar(axes: Axes, row: int, bar: Bar, start: float) -> None:
    end = start
    for length, colour in zip(bar.lengths, bar.colours, strict=True):
        # A logarithmic axis has no zero: the bar begins where the axis does.
        axes.barh(row, max(0.0, length - start), left=end, height=0.62, color=colour)
        end += max(0.0, length - start)
    for other in bar.others:
        axes.barh(
            row,
            max(0.0, sum(other) - start),
            left=start,
            height=0.62,
            fill=False,
            edgecolor=BLACK,
            linewidth=1.1,
            linestyle=(0, (2, 2)),
        )
    axes.annotate(
        bar.label,
        (max(end, start), row),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=INK,
        size=8.5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )
