"""The figures of many workloads: how FLOPs grow with frames, and with resolution."""

from matplotlib.figure import Figure as Sheet

from wanmeter.render.figures.areas import Across, Area, draw_areas
from wanmeter.render.figures.figure import Caption, Figure, sheet
from wanmeter.render.figures.percent import exact_percent
from wanmeter.render.figures.run_by_backend import RunByBackend
from wanmeter.render.figures.style import COLOURS
from wanmeter.render.figures.variations import (
    FRAMES,
    RESOLUTION,
    Point,
    Variation,
    common,
    require_videos,
)
from wanmeter.units import FLOPS, ratio, readable, unit_for

LEFT, RIGHT = 0.7, 1.85
"""Margins beside the areas, in inches; the names are on the right."""

HEIGHT = 2.4


def frames(run: RunByBackend) -> Figure:
    """FLOPs against the number of frames.

    Raises:
        InvalidValueError: the model makes images only.
    """
    require_videos(run.runs[0])
    return _against(run, FRAMES)


def resolution(run: RunByBackend) -> Figure:
    """FLOPs against the size of a frame."""
    return _against(run, RESOLUTION)


def _against(run: RunByBackend, variation: Variation) -> Figure:
    every = common([variation.points(each) for each in run.runs])
    points, *others = every
    names = dict.fromkeys(name for each in every for point in each for name in point.flops)
    unit = unit_for(max(point.total for each in every for point in each), FLOPS)
    here = next(point for point in points if point.workload == run.runs[0].workload)
    last = points[-1]
    across = Across(
        label=f"{variation.axis}\nshares are those at {variation.here(last.workload)}",
        whole=variation.whole,
        values=tuple(variation.x(point.workload) for point in points),
        here=variation.x(here.workload),
        name=f"{variation.here(here.workload)}: {readable(here.total, FLOPS)}",
    )
    areas = [
        Area(
            name=f"{name} {exact_percent(_of(last, name), last.total)}",
            colour=COLOURS.get(name, COLOURS["transformer"]),
            values=tuple(_of(point, name) / FLOPS[unit] for point in points),
            others=tuple(
                tuple(_of(point, name) / FLOPS[unit] for point in other) for other in others
            ),
        )
        for name in names
    ]

    def draw(caption: Caption) -> Sheet:
        figure, (axes,) = sheet(caption, [HEIGHT], LEFT, RIGHT, legend=0.15, label_lines=2)
        axes.set_ylabel(unit)
        draw_areas(axes, across, areas)
        return figure

    first = points[0]
    title = _title(variation, first if here is last else here, last)
    from_to = "; ".join(
        f"{name} from {readable(_of(first, name), FLOPS)} to {readable(_of(last, name), FLOPS)}"
        for name in names
    )
    apart = max(
        (
            abs(_of(mine, name) - _of(theirs, name))
            for other in others
            for mine, theirs in zip(points, other, strict=True)
            for name in names
        ),
        default=0,
    )
    return Figure(
        name=variation.name,
        caption=run.caption(title, readable(apart, FLOPS)),
        alt=f"{title}. From {variation.here(first.workload)} to {variation.here(last.workload)}: "
        f"{from_to}. {_shares(variation, here)} {_shares(variation, last)}",
        draw=draw,
    )


def _of(point: Point, name: str) -> int:
    """FLOPs of a part; 0 if a backend's transformer is not split up."""
    return point.flops.get(name, 0)


def _title(variation: Variation, first: Point, last: Point) -> str:
    there = variation.here(last.workload)
    if first is last:
        return f"{there}: {readable(last.total, FLOPS)}"
    times = ratio(last.total / first.total)
    return f"{there}: {times} times the FLOPs of {variation.here(first.workload)}"


def _shares(variation: Variation, point: Point) -> str:
    """The shares at a point, as text."""
    shares = "; ".join(
        f"{name} {exact_percent(flops, point.total)}" for name, flops in point.flops.items()
    )
    return f"At {variation.here(point.workload)}: {shares}."
