"""A roofline chart: what devices reach at each arithmetic intensity, and below it, where work is."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from wanmeter.render.figures.areas import name_above, spread
from wanmeter.render.figures.bars import write_cells
from wanmeter.render.figures.figure import Caption, sheet, wrapped
from wanmeter.render.figures.style import INK, LABEL, MARGIN, MAX_NAME, MUTED
from wanmeter.render.figures.ticks import power_ticks
from wanmeter.units import TERA

LEFT, RIGHT = 1.57, 1.6
"""Margins in inches: for names of work on the left; for its values and the names of roofs on the right."""

DOTTED: Mapping[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (1, 2))}
"""How ridges are drawn."""

HEIGHT, ROW = 1.6, 0.34
"""Heights in inches: of the roofs, and of a row of work."""


@frozen(kw_only=True)
class Roof:
    """What a device sustains: FLOPs a second, where its memory's bytes a second allow them."""

    name: str
    flops_per_second: float
    bytes_per_second: float

    @property
    def ridge(self) -> float:
        """The FLOPs per byte from which on memory does not limit."""
        return self.flops_per_second / self.bytes_per_second

    def at(self, intensity: float) -> float:
        """The FLOPs a second at an intensity."""
        return min(self.flops_per_second, intensity * self.bytes_per_second)


@frozen(kw_only=True)
class Point:
    """Work at an intensity, in a row of its own, with its values in words, and what it reaches, if that is drawn.

    Its area grows with `share`; `ridges` are those of its roofs. Work without FLOPs is at the end of the axis.
    `others` are the intensities by other backends.
    """

    name: str
    cells: tuple[str, ...]
    colour: str
    share: float
    intensity: float = 0.0
    reached: float = 0.0
    ridges: tuple[float, ...] = ()
    others: tuple[float, ...] = ()


@frozen(kw_only=True)
class Chart:
    """Roofs, and rows of work; `axis` names what the intensities are of, `ridges` the `marked` ones in words."""

    axis: str
    ridges: str
    marked: tuple[float, ...]
    roofs: tuple[Roof, ...]
    points: tuple[Point, ...]

    def draw(self, caption: Caption) -> Sheet:
        """Draw it on a sheet: the roofs above, the work below, over one axis."""
        heights = [HEIGHT, ROW * len(self.points)]
        figure, (above, below) = sheet(caption, heights, LEFT, RIGHT, legend=0.15, between=0.08)
        self._set_axes(above, below)
        _draw_roofs(above, self.roofs)
        for ridge in self.marked:
            above.axvline(ridge, **DOTTED)
        _name_ridges(above, self.ridges, self.marked)
        points = sorted(self.points, key=lambda point: -point.share)
        below.set_yticks(
            range(len(points)), ["\n".join(wrapped(point.name, MAX_NAME)) for point in points]
        )
        for row, point in enumerate(points):
            _draw_point(above, below, row, point)
        return figure

    def _set_axes(self, above: Axes, below: Axes) -> None:
        """Logarithmic axes around the work and the ridges."""
        every = [each for point in self.points for each in (point.intensity, *point.others) if each]
        every += [roof.ridge for roof in self.roofs]
        low, high = min(every) / 5, max(every) * 3
        for axes in (above, below):
            axes.set_xscale("log")
            axes.set_xlim(low, high)
        above.tick_params(axis="x", which="both", labelbottom=False, length=0)
        above.set_yscale("log")
        most = max([roof.flops_per_second for roof in self.roofs])
        rates = [point.reached for point in self.points if point.reached]
        least = min([*rates, *[roof.flops_per_second for roof in self.roofs]])
        above.set_ylim(least / 2.5 / TERA, most * 1.5 / TERA)
        power_ticks(above.xaxis, below.xaxis, above.yaxis)
        above.set_ylabel("TFLOP/s")
        below.set_ylim(len(self.points) - 0.5, -0.5)
        below.tick_params(axis="y", length=0, labelsize=LABEL)
        below.set_xlabel(self.axis)


def _draw_roofs(axes: Axes, roofs: Sequence[Roof]) -> None:
    """Each up along its memory's rate to the ridge, then level; named beside the right edge."""
    low, high = axes.get_xlim()
    bottom, top = axes.get_ylim()
    rates = [roof.flops_per_second / TERA for roof in roofs]
    middles = [log10(rate / bottom) / log10(top / bottom) for rate in rates]
    places = spread(middles, gap=0.165 / HEIGHT)
    axes.annotate(
        "TFLOP/s",
        (1, max(1, *places)),
        xycoords="axes fraction",
        xytext=(72 * (RIGHT - MARGIN), 4),
        textcoords="offset points",
        ha="right",
        size=LABEL,
        color=INK,
    )
    for roof, rate, middle, place in zip(roofs, rates, middles, places, strict=True):
        xs = (low, roof.ridge, high)
        axes.plot(xs, [roof.at(x) / TERA for x in xs], color=INK, linewidth=1.2, zorder=2)
        axes.annotate(
            f"{roof.name} {rate:,.{0 if rate >= 100 else 1}f}",
            (1, middle),
            xytext=(1.06, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            size=LABEL,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": MUTED, "shrinkA": 2, "relpos": (0, 0.5)},
            annotation_clip=False,
        )


def _name_ridges(axes: Axes, name: str, ridges: Sequence[float]) -> None:
    """The ridges, above the axes."""
    middle = (min(ridges) * max(ridges)) ** 0.5
    first, last = axes.get_xlim()
    far = middle > (first * last) ** 0.5  # roofs are named on the right
    name_above(axes, middle, name, "right" if far else "center")


def _draw_point(above: Axes, below: Axes, row: int, point: Point) -> None:
    """Its marker in its row and at what it reaches, a line between them, its ridges, and its values."""
    size = float(4 + 9 * point.share**0.5)
    edge: Mapping[str, Any] = {
        "markeredgecolor": INK,
        "markeredgewidth": 0.8,
        "markersize": size,
        "clip_on": False,
    }
    x = point.intensity or 1.4 * below.get_xlim()[0]
    for ridge in point.ridges:
        below.plot([ridge, ridge], [row - 0.5, row + 0.5], **DOTTED)
    if point.reached:
        top = point.reached / TERA
        above.plot([x, x], [above.get_ylim()[0], top], color=MUTED, linewidth=0.6, zorder=1)
        below.plot([x, x], [-0.5, row], color=MUTED, linewidth=0.6, zorder=1)
        above.plot(x, top, "o", color=point.colour, zorder=3, **edge)
    below.plot(x, row, "o" if point.intensity else "<", color=point.colour, zorder=3, **edge)
    for other in point.others:
        if other:
            below.plot(other, row, "o", markerfacecolor="none", zorder=4, **edge)
    write_cells(below, row, point.cells, RIGHT)
