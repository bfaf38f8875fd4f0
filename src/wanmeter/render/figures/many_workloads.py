"""The figures of many workloads: how FLOPs grow with frames, with resolution, with steps."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from matplotlib.figure import Figure as Sheet

from wanmeter.render.figures.areas import Across, Line, draw_lines, draw_shares
from wanmeter.render.figures.figure import Caption, Figure, sheet
from wanmeter.render.figures.run_by_backend import RunByBackend
from wanmeter.render.figures.slices import SELF_ATTENTION_CORE
from wanmeter.render.figures.style import COLOURS
from wanmeter.render.figures.variations import FRAMES, RESOLUTION, STEPS, Point, Variation, common
from wanmeter.units import FLOPS, readable, share

LEFT, RIGHT = 0.9, 1.9
"""Margins beside the curves, in inches; the names are on the right."""


def frames(run: RunByBackend) -> Figure:
    """FLOPs against the number of frames."""
    return _against(run, FRAMES, "FLOPs against frames")


def resolution(run: RunByBackend) -> Figure:
    """FLOPs against the size of a frame."""
    return _against(run, RESOLUTION, "FLOPs against resolution")


def steps(run: RunByBackend) -> Figure:
    """FLOPs against the number of denoising steps."""
    return _against(run, STEPS, "FLOPs against steps")


def _against(run: RunByBackend, variation: Variation, title: str) -> Figure:
    points, *others = common([variation.points(run) for run in run.runs])
    workload = run.runs[0].workload
    across = Across(
        label=variation.axis,
        whole=variation.whole,
        values=tuple(variation.x(point.workload) for point in points),
        here=variation.x(workload),
        name=variation.here(workload),
    )
    counts = {stage: _of_stage(stage) for stage in points[0].stages}
    if any(point.cores for each in (points, *others) for point in each):
        counts[SELF_ATTENTION_CORE] = lambda point: point.cores
    counts["total"] = lambda point: point.total

    def line(name: str, count: Callable[[Point], int]) -> Line:
        def values(every: Sequence[Point]) -> tuple[float, ...]:
            return tuple(float(count(point)) for point in every)

        return Line(
            name=name,
            colour=COLOURS[name],
            values=values(points),
            others=tuple(values(other) for other in others),
            dashed=name in (SELF_ATTENTION_CORE, "total"),
        )

    lines = [line(name, count) for name, count in counts.items()]
    apart = [
        abs(count(mine) - count(theirs))
        for other in others
        for mine, theirs in zip(points, other, strict=True)
        for count in counts.values()
    ]
    here = next(point for point in points if point.workload == workload)
    first, last = points[0], points[-1]
    shares = _shares(points)

    def draw(caption: Caption) -> Sheet:
        figure, (upper, lower) = sheet(caption, [2.9, 1.5], LEFT, RIGHT)
        upper.set_title("Each stage, and the total", pad=8)
        draw_lines(upper, across, lines, FLOPS)
        lower.set_title(
            f"Share of the total; on the right, at {variation.here(last.workload)}", pad=18
        )
        draw_shares(lower, across, shares)
        return figure

    alt = f"{title}, from {variation.here(first.workload)} to {variation.here(last.workload)}. "
    alt += "; ".join(
        f"{name} from {readable(count(first), FLOPS)} to {readable(count(last), FLOPS)}"
        for name, count in counts.items()
    )
    return Figure(
        name=variation.name,
        caption=run.caption(title, readable(max(apart, default=0), FLOPS)),
        alt=f"{alt}. {_spoken(variation, [here, last])}",
        draw=draw,
    )


def _of_stage(stage: str) -> Callable[[Point], int]:
    return lambda point: point.stages[stage]


MADE_OF: Mapping[str, tuple[str, Callable[[Point], int]]] = MappingProxyType(
    {
        SELF_ATTENTION_CORE: (COLOURS[SELF_ATTENTION_CORE], lambda point: point.cores),
        "rest of transformer": (
            COLOURS["transformer"],
            lambda point: point.stages.get("transformer", 0) - point.cores,
        ),
        "other stages": (
            COLOURS["other stages"],
            lambda point: point.total - point.stages.get("transformer", 0),
        ),
    }
)
"""The parts of the total: the one that grows with the square of the tokens, and the rest."""


def _shares(points: Sequence[Point]) -> list[Line]:
    """The parts of the total in percent, each named with its share at the last point."""
    lines = [
        Line(
            name=f"{name} {share(count(points[-1]), points[-1].total)}",
            colour=colour,
            values=tuple(100 * count(point) / point.total for point in points),
        )
        for name, (colour, count) in MADE_OF.items()
    ]
    return [line for line in lines if any(line.values)]


def _spoken(variation: Variation, points: Sequence[Point]) -> str:
    """The shares at some points, as text."""
    told = {
        variation.here(point.workload): "; ".join(line.name for line in _shares([point]))
        for point in points
    }
    return " ".join(f"At {where}: {shares}." for where, shares in told.items())
