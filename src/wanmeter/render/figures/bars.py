"""Horizontal bars over one axis, with their names on the left and their values on the right."""

from collections.abc import Mapping, Sequence

from attrs import field, frozen
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from wanmeter.render.figures.figure import Caption, balanced, sheet, wrapped
from wanmeter.render.figures.style import BLACK, INK, LABEL, MARGIN, MAX_NAME, MUTED, SMALL, WIDTH
from wanmeter.render.figures.ticks import number_ticks

BAR = 0.3
"""Height of a bar and the gap to the next one, in inches."""

MAX_AXIS = 52
"""Characters that fit on a line of the axis's name."""

ROW, COLUMNS = 0.21, 3
"""Height in inches of a line of the legend, and the names on it."""

CELL = 0.6
"""Width in inches of a column of values after the first: of shares."""

APART = 0.2
"""Least distance of two marks, in inches."""


@frozen(kw_only=True)
class Bar:
    """A bar, made of one or more segments with the first backend's values.

    `cells` are its values in words, each in a column of its own. `others` are the totals of the other backends,
    drawn as outlines; `band` is drawn as a line from its least to its most.
    """

    name: str
    lengths: tuple[float, ...]
    colours: tuple[str, ...]
    cells: tuple[str, ...]
    others: tuple[float, ...] = ()
    band: tuple[float, ...] = ()

    @property
    def ends(self) -> tuple[float, ...]:
        """Where the bar ends for each backend, and its band."""
        return sum(self.lengths), *self.others, *self.band


@frozen(kw_only=True)
class Bars:
    """Bars over one axis that starts at 0; `left` and `right` are the margins for names and values, in inches.

    `legend` gives the colours of segments by name, in so many `columns`; `band` names the bands, if there are
    any. `marks` are values to draw a line at, ascending, by label.
    """

    axis: str
    bars: tuple[Bar, ...]
    left: float
    right: float
    legend: Mapping[str, str] = field(factory=dict)
    columns: int = COLUMNS
    band: str = ""
    marks: Mapping[str, float] = field(factory=dict)

    @property
    def spoken(self) -> str:
        """The bars in words."""
        return "; ".join(f"{bar.name} {' '.join(filter(None, bar.cells))}" for bar in self.bars)

    def draw(self, caption: Caption) -> Sheet:
        """Draw them on a sheet, the first bar on top."""
        height, rows = BAR * len(self.bars), -(-len(self.legend) // self.columns)
        above = ROW * rows + (0.2 if self.marks else 0)
        label = balanced(self.axis, MAX_AXIS)
        figure, (axes,) = sheet(
            caption, [height], self.left, self.right, legend=above, label_lines=len(label)
        )
        axes.set_xlabel("\n".join(label), loc="left")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0, labelsize=LABEL)
        names = ["\n".join(wrapped(bar.name, MAX_NAME)) for bar in self.bars]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0, 1.02 * max(*[end for bar in self.bars for end in bar.ends], *self._shown))
        number_ticks(axes.xaxis)
        for row, bar in enumerate(self.bars):
            _draw_bar(axes, row, bar)
            write_cells(axes, row, bar.cells, self.right)
        self._draw_marks(axes)
        if self.legend:
            _draw_legend(axes, self, height, above)
        return figure

    @property
    def _shown(self) -> tuple[float, ...]:
        """The marks up to the first beyond the bars; 1 if there is nothing else."""
        longest = max([end for bar in self.bars for end in bar.ends], default=0)
        beyond = [mark for mark in self.marks.values() if mark > longest]
        within = [mark for mark in self.marks.values() if mark <= longest]
        return (*within, *beyond[:1]) or (0.0 if longest else 1.0,)

    def _draw_marks(self, axes: Axes) -> None:
        """Lines at the marks, the largest with its unit; of two that would be too close, the larger only."""
        scale = (WIDTH - self.left - self.right) / axes.get_xlim()[1]
        nearest = float("inf")
        for name, mark in reversed(tuple(self.marks.items())):
            if mark not in self._shown or (nearest - mark) * scale < APART:
                continue
            text = name if nearest == float("inf") else name.split()[0]
            nearest = mark
            axes.axvline(mark, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
            axes.annotate(
                text,
                (mark, 1),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                color=INK,
                size=SMALL,
            )


def write_cells(axes: Axes, row: int, cells: Sequence[str], right: float) -> None:
    """Values beside the axes, in columns of which each is flush right; the last ends at the sheet's margin."""
    for column, cell in enumerate(reversed(cells)):
        axes.annotate(
            cell,
            (1, row),
            xycoords=axes.get_yaxis_transform(),
            xytext=(72 * (right - MARGIN - CELL * column), 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=INK,
            size=LABEL,
        )


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
    if bar.band:
        axes.hlines(row, min(bar.band), max(bar.band), color=INK, linewidth=1.2)
        axes.vlines(bar.band, row - 0.16, row + 0.16, color=INK, linewidth=1.2)


def _draw_legend(axes: Axes, bars: Bars, height: float, above: float) -> None:
    """The names of the segments, above the marks."""
    handles: list[Artist] = [
        Patch(facecolor=colour, edgecolor=MUTED, linewidth=0.6, label=name)
        for name, colour in bars.legend.items()
    ]
    if bars.band:
        handles.append(Line2D([], [], color=INK, linewidth=1.2, marker="|", label=bars.band))
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(
            (MARGIN - bars.left) / (WIDTH - bars.left - bars.right),
            1 + above / height,
        ),
        ncols=bars.columns,
        frameon=False,
        fontsize=LABEL,
        handlelength=1.2,
        handletextpad=0.5,
        columnspacing=1.1,
        labelspacing=0.4,
        borderpad=0,
        borderaxespad=0,
    )
