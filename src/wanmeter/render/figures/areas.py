"""Stacked areas over one axis, named at their right ends."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from attrs import frozen
from matplotlib.axes import Axes

from wanmeter.render.figures.style import INK, LABEL
from wanmeter.render.figures.ticks import number_ticks


@frozen(kw_only=True)
class Area:
    """A named area; `others` are the values of the other backends, whose edges are drawn as dots."""

    name: str
    colour: str
    values: tuple[float, ...]
    others: tuple[tuple[float, ...], ...] = ()


@frozen(kw_only=True)
class Across:
    """The horizontal axis, from 0; `here` is the position of the run itself, labelled `name`."""

    label: str
    whole: bool
    values: tuple[float, ...]

    here: float
    name: str


def draw_areas(axes: Axes, across: Across, areas: Sequence[Area]) -> None:
    """Draw areas that add up to the total, the first at the bottom."""
    edges = _edges(area.values for area in areas)
    others = [_edges(values) for values in zip(*(area.others for area in areas), strict=True)]
    first, last = across.values[0], across.values[-1]
    beside = 0.5 * first if first == last else 0.0
    axes.set_xlim(first - beside if beside else 0, last + beside)
    axes.set_ylim(0, 1.04 * max(max(each[-1]) for each in (edges, *others)) or 1)
    axes.set_xlabel(across.label)
    number_ticks(axes.xaxis, whole=across.whole)
    number_ticks(axes.yaxis)
    # A single point fills the axis.
    xs = across.values if first != last else axes.get_xlim()
    values = [area.values if first != last else 2 * area.values for area in areas]
    axes.stackplot(xs, values, colors=[area.colour for area in areas], linewidth=0)
    for other in others:
        for edge in other:
            axes.plot(
                across.values,
                edge,
                linewidth=0,
                marker="o",
                markersize=2.6,
                markerfacecolor="white",
                markeredgecolor=INK,
                markeredgewidth=0.8,
                zorder=3,
            )
    axes.axvline(across.here, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    here = edges[-1][across.values.index(across.here)]
    axes.plot(across.here, here, marker="o", color=INK, markersize=5, clip_on=False, zorder=4)
    name_here(axes, across.here, across.name)
    _name_ends(axes, areas, [edge[-1] for edge in edges])


def name_here(axes: Axes, here: float, name: str) -> None:
    """Name the line of the run itself, above the axes."""
    first, last = axes.get_xlim()
    along = (here - first) / (last - first)
    name_above(axes, here, name, "right" if along > 0.7 else "left" if along < 0.3 else "center")


def name_above(axes: Axes, x: float, name: str, aligned: str) -> None:
    """Write a name above the axes, at a position along them."""
    axes.annotate(
        name,
        (x, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 4),
        textcoords="offset points",
        ha=aligned,
        size=LABEL,
        color=INK,
    )


def _edges(values: Iterable[Sequence[float]]) -> list[list[float]]:
    """The upper edge of each area."""
    columns = [list(accumulate(column)) for column in zip(*values, strict=True)]
    return [list(edge) for edge in zip(*columns, strict=True)]


def _name_ends(axes: Axes, areas: Sequence[Area], tops: Sequence[float]) -> None:
    """Label areas beside the right edge, as near to their ends as they fit without overlap."""
    _, high = axes.get_ylim()
    middles = [(top - area.values[-1] / 2) / high for area, top in zip(areas, tops, strict=True)]
    height = axes.get_position().height * axes.figure.get_figheight()  # type: ignore[union-attr]
    gap = 0.165 / height
    places = spread([max(middle, gap / 2) for middle in middles], gap)  # above the axis's numbers
    for area, at, middle in zip(areas, places, middles, strict=True):
        axes.annotate(
            area.name,
            (1, middle),
            xytext=(1.035, at),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            size=LABEL,
            color=INK,
            arrowprops={
                "arrowstyle": "-",
                "color": area.colour,
                "linewidth": 1.4,
                "shrinkA": 2,
                "relpos": (0, 0.5),  # from the left of the name
            },
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
