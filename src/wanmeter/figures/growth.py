"""The figures of many workloads: how FLOPs grow with frames, with resolution, with steps."""

from collections.abc import Callable, Sequence

from matplotlib.figure import Figure as Sheet

from wanmeter.figures.canvas import COLOURS, Caption, sheet
from wanmeter.figures.curves import Line, Place, draw_lines, draw_shares
from wanmeter.figures.figure import Figure
from wanmeter.figures.subject import Subject
from wanmeter.figures.sweeps import FRAMES, RESOLUTION, STEPS, Point, Sweep
from wanmeter.report.amounts import FLOPS, readable, share

LEFT, RIGHT = 0.9, 1.9
"""Inches beside the curves: their names stand on the right."""

CORES = "self-attention cores"


def frames(subject: Subject) -> Figure:
    """FLOPs against the number of frames."""
    return _against(subject, FRAMES, "FLOPs against frames")


def resolution(subject: Subject) -> Figure:
    """FLOPs against the size of a frame."""
    return _against(subject, RESOLUTION, "FLOPs against resolution")


def steps(subject: Subject) -> Figure:
    """FLOPs against the number of denoising steps."""
    return _against(subject, STEPS, "FLOPs against steps")


def _against(subject: Subject, sweep: Sweep, title: str) -> Figure:
    points, *others = (sweep.points(run) for run in subject.runs)
    workload = subject.runs[0].workload
    place = Place(x=sweep.x(workload), name=sweep.here(workload))
    counts = {stage: _of_stage(stage) for stage in points[0].stages}
    if any(point.cores for point in points):
        counts[CORES] = lambda point: point.cores
    counts["total"] = lambda point: point.total

    def line(name: str, count: Callable[[Point], int]) -> Line:
        def values(every: Sequence[Point]) -> tuple[float, ...]:
            return tuple(float(count(point)) for point in every)

        return Line(
            name=name,
            colour=COLOURS[name],
            values=values(points),
            others=tuple(values(other) for other in others),
            dashed=name in (CORES, "total"),
        )

    lines = [line(name, count) for name, count in counts.items()]
    apart = [
        abs(count(mine) - count(theirs))
        for other in others
        for mine, theirs in zip(points, other, strict=True)
        for count in counts.values()
    ]
    shares = _shares(points)
    xs = [sweep.x(point.workload) for point in points]

    def draw(caption: Caption) -> Sheet:
        figure, (upper, lower) = sheet(caption, [2.9, 1.5], LEFT, RIGHT)
        upper.set_title("Each stage, and the total", pad=8)
        draw_lines(upper, xs, lines, place, FLOPS)
        lower.set_title("Share of the total", pad=8)
        draw_shares(lower, xs, shares, place, sweep.axis)
        return figure

    alt = f"{title}, from {sweep.here(points[0].workload)} to {sweep.here(points[-1].workload)}. "
    alt += "; ".join(
        f"{name} from {readable(count(points[0]), FLOPS)} to {readable(count(points[-1]), FLOPS)}"
        for name, count in counts.items()
    )
    return Figure(
        name=sweep.name,
        caption=subject.caption(title, max(apart, default=0)),
        alt=f"{alt}. In the end: {'; '.join(each.name for each in shares)}.",
        draw=draw,
    )


def _of_stage(stage: str) -> Callable[[Point], int]:
    return lambda point: point.stages[stage]


def _shares(points: Sequence[Point]) -> list[Line]:
    """What the total is made of, in percent: what grows with the square of the tokens, and the rest."""

    def percent(name: str, colour: str, count: Callable[[Point], int]) -> Line:
        values = tuple(100 * count(point) / point.total for point in points)
        at_the_end = share(count(points[-1]), points[-1].total)
        return Line(name=f"{name} {at_the_end}", colour=colour, values=values)

    def linear(point: Point) -> int:
        return point.stages.get("transformer", 0) - point.cores

    def others(point: Point) -> int:
        return point.total - point.stages.get("transformer", 0)

    made_of = [
        percent(CORES, COLOURS[CORES], lambda point: point.cores),
        percent("rest of transformer", COLOURS["transformer"], linear),
        percent("other stages", COLOURS["vae_decode"], others),
    ]
    return [each for each in made_of if any(each.values)]
