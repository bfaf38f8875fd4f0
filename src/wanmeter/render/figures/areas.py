"""Lines and stacked areas over one axis, labelled at their ends."""

import math
from collections.abc import Mapping, Sequence

from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from wanmeter.render.figures.style import INK, MUTED
from wanmeter.render.figures.ticks import amount_ticks, number_ticks


@frozen(kw_only=True)
class Line:
    """A named line; `others` are the values of the other backends, drawn over it as dots."""

    name: str
    colour: str
    values: tuple[float, ...]
    others: tuple[tuple[float, ...], ...] = ()
    dashed: bool = False


@frozen(kw_only=True)
class Across:
    """The horizontal axis; `here` is the position of the run itself, labelled `name`."""

    label: str
    whole: bool
    values: tuple[float, ...]

    here: float
    name: str


def draw_lines(axes: Axes, across: Across, lines: Sequence[Line], units: Mapping[str, int]) -> None:
    """Draw lines on a logarithmic scale, each labelled at its end."""
    axes.set_yscale("log")
    alone = "o" if len(across.values) == 1 else None  # a single point makes no line
    for line in lines:
        style = (0, (4, 2)) if line.dashed else "solid"
        axes.plot(
            across.values,
            _positive(line.values),
            color=line.colour,
            linewidth=1.8,
            linestyle=style,
            marker=alone,
        )
        for other in line.others:
            axes.plot(
                across.values,
                _positive(other),
                linewidth=0,
                marker="o",
                markersize=2.6,
                markerfacecolor="white",
                markeredgecolor=line.colour,
                markeredgewidth=0.8,
                zorder=3,
            )
    every = [value for line in lines for values in (line.values, *line.others) for value in values]
    low, high = min(value for value in every if value) / 3, max(every) * 4
    axes.set_ylim(low, high)
    amount_ticks(axes.yaxis, units)
    _mark(axes, across)
    first, last = axes.get_xlim()
    # Beside the mark, away from the names on the right.
    right = across.here > (first + last) / 2
    axes.text(
        across.here,
        high,
        f"{across.name} " if right else f" {across.name}",
        size=8,
        color=MUTED,
        va="top",
        ha="right" if right else "left",
    )
    ends = [(line.name, _end(line), line.colour) for line in lines]
    _name_ends(axes, [(name, max(end, low), colour) for name, end, colour in ends])


def draw_shares(axes: Axes, across: Across, shares: Sequence[Line]) -> None:
    """Draw stacked areas that add up to 100 %, each labelled at its end."""
    axes.set_xlabel(across.label)
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    _mark(axes, across, "white")
    # A single point fills the axis.
    xs = across.values if len(across.values) > 1 else axes.get_xlim()
    values = [share.values if len(share.values) > 1 else 2 * share.values for share in shares]
    colours = [share.colour for share in shares]
    axes.stackplot(xs, values, colors=colours, linewidth=0)
    ends, below = [], 0.0
    for share in shares:
        ends.append((share.name, below + share.values[-1] / 2, share.colour))
        below += share.values[-1]
    _name_ends(axes, ends)


def _positive(values: Sequence[float]) -> list[float]:
    """Replace zeros, which a logarithmic axis does not have, by NaN."""
    return [value or math.nan for value in values]


def _end(line: Line) -> float:
    """The value at which a line is labelled: its last, or, if that is 0, another backend's."""
    return line.values[-1] or max((other[-1] for other in line.others), default=0.0)


def _mark(axes: Axes, across: Across, colour: str = MUTED) -> None:
    first, last = across.values[0], across.values[-1]
    beside = 0.5 * first if first == last else 0.0
    axes.set_xlim(first - beside, last + beside)
    axes.axvline(across.here, color=colour, linewidth=1, linestyle=(0, (1, 2)))
    number_ticks(axes.xaxis, whole=across.whole)


def _name_ends(axes: Axes, ends: Sequence[tuple[str, float, str]]) -> None:
    """Label lines beside the right edge, as near to their ends as they fit without overlap."""
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
    """Positions close to `wanted`, in the same order, at least `gap` apart.

    Groups that would overlap are merged and centred on their mean.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups: list[tuple[float, list[int]]] = []  # lowest position and members of each
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
