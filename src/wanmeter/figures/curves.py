"""Lines over one axis, named where they end; and what the total is made of."""

from collections.abc import Mapping, Sequence

from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from wanmeter.figures.canvas import INK, MUTED
from wanmeter.report.amounts import unit_for


@frozen(kw_only=True)
class Line:
    """A named line; `others` are the same by the other backends, drawn over it as dots."""

    name: str
    colour: str
    values: tuple[float, ...]
    others: tuple[tuple[float, ...], ...] = ()
    dashed: bool = False


@frozen(kw_only=True)
class Place:
    """Where the run itself stands on the axis."""

    x: float
    name: str


def draw_lines(
    axes: Axes, x: Sequence[float], lines: Sequence[Line], place: Place, units: Mapping[str, int]
) -> None:
    """Lines on a logarithmic scale, each named at its end."""
    axes.set_yscale("log")
    for line in lines:
        style = (0, (4, 2)) if line.dashed else "solid"
        axes.plot(x, line.values, color=line.colour, linewidth=1.8, linestyle=style)
        for other in line.others:
            axes.plot(
                x,
                other,
                linewidth=0,
                marker="o",
                markersize=2.6,
                markerfacecolor="white",
                markeredgecolor=line.colour,
                markeredgewidth=0.8,
                zorder=3,
            )
    lowest = min(min(line.values) for line in lines)
    highest = max(max(line.values) for line in lines)
    axes.set_ylim(lowest / 3, highest * 4)
    _mark(axes, x, place)
    axes.text(place.x, highest * 4, f" {place.name}", size=8, color=MUTED, va="top")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, units)))
    _name_ends(axes, [(line.name, line.values[-1], line.colour) for line in lines])


def draw_shares(
    axes: Axes, x: Sequence[float], shares: Sequence[Line], place: Place, label: str
) -> None:
    """Areas that add up to the whole, each named where it ends."""
    axes.set_xlabel(label)
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    axes.stackplot(
        x, [share.values for share in shares], colors=[share.colour for share in shares], alpha=0.85
    )
    _mark(axes, x, place)
    ends, below = [], 0.0
    for share in shares:
        ends.append((share.name, below + share.values[-1] / 2, share.colour))
        below += share.values[-1]
    _name_ends(axes, ends)


def _tick(value: float, units: Mapping[str, int]) -> str:
    unit = unit_for(round(value), units)
    return f"{value / units[unit]:g} {unit}"


def _mark(axes: Axes, x: Sequence[float], place: Place) -> None:
    axes.set_xlim(x[0], x[-1])
    axes.axvline(place.x, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))


def _name_ends(axes: Axes, ends: Sequence[tuple[str, float, str]]) -> None:
    """Names beside the right edge, as near to where their lines end as they can be without overlap."""
    transform = axes.transScale + axes.transLimits
    wanted = [transform.transform((axes.get_xlim()[1], value))[1] for _, value, _ in ends]
    height = axes.get_position().height * axes.figure.get_figheight()  # type: ignore[union-attr]
    places = spread(wanted, gap=0.165 / height)
    for (name, _, colour), at, end in zip(ends, places, wanted, strict=True):
        axes.annotate(
            name,
            (1, end),
            xytext=(1.035, at),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            size=8.5,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 1.4, "shrinkA": 2},
            annotation_clip=False,
        )


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places in the order of `wanted`, at least `gap` apart, as near to it as a simple rule gets.

    Groups that would overlap are merged and centred on the mean of what they want.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups: list[tuple[float, list[int]]] = []  # the lowest place of each, and who is in it
    for i in order:
        start, members = wanted[i], [i]
        while groups and groups[-1][0] + gap * len(groups[-1][1]) > start:
            members = groups.pop()[1] + members
            middle = sum(wanted[j] for j in members) / len(members)
            start = middle - gap * (len(members) - 1) / 2
        groups.append((start, members))
    places = [0.0] * len(wanted)
    for start, members in groups:
        for rank, i in enumerate(members):
            places[i] = start + gap * rank
    return places
