"""A roofline chart: what devices reach at each arithmetic intensity, and below it, where work is."""

from collections.abc import Mapping, Sequence
from math import log10
from textwrap import wrap
from typing import Any

from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from wanmeter.render.figures.areas import spread
from wanmeter.render.figures.figure import Caption, sheet
from wanmeter.render.figures.style import INK, LABEL, MARGIN, MAX_NAME, MUTED
from wanmeter.render.figures.ticks import power_ticks
from wanmeter.units import TERA

LEFT, RIGHT = 1.57, 1.53
"""Margins in inches: for names of work on the left; for its values and the names of roofs on the right."""

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
    """Work at an intensity, in a row of its own, and what it reaches, once for each of its roofs.

    Its area grows with `share`. Work without FLOPs is at the end of the axis. `others` are the intensities by
    other backends.
    """

    name: str
    label: str
    colour: str
    share: float
    intensity: float = 0.0
    reached: tuple[float, ...] = ()
    others: tuple[float, ...] = ()


@frozen(kw_only=True)
class Chart:
    """Roofs, and rows of work; `axis` names what the intensities are of. Ridges that differ are all marked."""

    axis: str
    roofs: tuple[Roof, ...]
    points: tuple[Point, ...]

    def draw(self, caption: Caption) -> Sheet:
        """Draw it on a sheet: the roofs above, the work below, over one axis."""
        heights = [HEIGHT, ROW * len(self.points)]
        figure, (above, below) = sheet(caption, heights, LEFT, RIGHT, legend=0.15, between=0.08)
        self._set_axes(above, below)
        _draw_roofs(above, self.roofs)
        memories = {roof.bytes_per_second for roof in self.roofs}
        ridges = [roof.ridge for roof in self.roofs[: 1 if len(memories) == 1 else None]]
        for axes in (above, below):
            for ridge in ridges:
                axes.axvline(ridge, color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
        _name_ridges(above, ridges)
        points = sorted(self.points, key=lambda point: -point.share)
        below.set_yticks(
            range(len(points)), ["\n".join(wrap(point.name, MAX_NAME)) for point in points]
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
            power_ticks(axes.xaxis)
        above.tick_params(axis="x", which="both", labelbottom=False, length=0)
        above.set_yscale("log")
        most = max([roof.flops_per_second for roof in self.roofs])
        rates = [rate for point in self.points for rate in point.reached]
        least = min([*rates, *[roof.flops_per_second for roof in self.roofs]])
        above.set_ylim(least / 2.5 / TERA, most * 1.5 / TERA)
        power_ticks(above.yaxis)
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


def _name_ridges(axes: Axes, ridges: Sequence[float]) -> None:
    """The ridges, above the axes."""
    low, high = min(ridges), max(ridges)
    name = f"{low:,.0f}" if len(ridges) == 1 else f"{low:,.0f} to {high:,.0f}"
    middle = (low * high) ** 0.5
    first, last = axes.get_xlim()
    far = middle > (first * last) ** 0.5  # roofs are named on the right
    axes.annotate(
        f"ridge{'' if len(ridges) == 1 else 's'}: {name} FLOPs per byte",
        (middle, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right" if far else "center",
        size=LABEL,
        color=INK,
    )


def _draw_point(above: Axes, below: Axes, row: int, point: Point) -> None:
    """Its marker in its row and on each of its roofs, a line between them, and its value."""
    size = float(4 + 9 * point.share**0.5)
    edge: Mapping[str, Any] = {
        "markeredgecolor": INK,
        "markeredgewidth": 0.8,
        "markersize": size,
        "clip_on": False,
    }
    x = point.intensity or 1.4 * below.get_xlim()[0]
    if point.reached:
        top = max(point.reached) / TERA
        above.plot([x, x], [above.get_ylim()[0], top], color=MUTED, linewidth=0.6, zorder=1)
        below.plot([x, x], [-0.5, row], color=MUTED, linewidth=0.6, zorder=1)
    for reached in point.reached:
        above.plot(x, reached / TERA, "o", color=point.colour, zorder=3, **edge)
    below.plot(x, row, "o" if point.intensity else "<", color=point.colour, zorder=3, **edge)
    for other in point.others:
        if other:
            below.plot(other, row, "o", markerfacecolor="none", zorder=4, **edge)
    below.annotate(
        point.label,
        (1, row),
        xycoords=below.get_yaxis_transform(),
        xytext=(72 * (RIGHT - MARGIN), 0),
        textcoords="offset points",
        ha="right",
        va="center",
        size=LABEL,
        color=INK,
    )
