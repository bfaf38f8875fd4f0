"""The figure of an estimate at other numbers of frames: seconds, and the peak beside the device's memory."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Literal, NamedTuple

from attrs import evolve
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from wanmeter.errors import InvalidValueError
from wanmeter.estimation import Estimate
from wanmeter.estimation.amounts import duration, plain_duration
from wanmeter.estimation.estimator import Estimator
from wanmeter.estimation.memory import Band, on_device
from wanmeter.estimation.terms import Seconds
from wanmeter.models.components.vae import EQUAL_CHUNKS_FROM
from wanmeter.render.figures.areas import name_here
from wanmeter.render.figures.figure import Caption, Figure, sheet
from wanmeter.render.figures.on_device import estimate_caption, gpus_title, time_unit, timed
from wanmeter.render.figures.style import BLUE, GREEN, INK, LABEL
from wanmeter.render.figures.ticks import number_ticks
from wanmeter.render.figures.variations import require_videos
from wanmeter.units import GIB, counted

LEFT, RIGHT, HEIGHT = 0.7, 0.75, 1.6
"""Margins beside the axes, and their height, in inches; the device's memory is named on the right."""

LEAST, MOST = 11, 400
"""Latent frames that the axis reaches at least, and the most points of a curve."""


class Point(NamedTuple):
    """The time, and the bytes in use on the device, at a number of frames."""

    num_frames: int
    seconds: Seconds
    used: Band


def seconds_and_peak_by_frames(estimate: Estimate) -> Figure:
    """Seconds and memory up to about twice the run's number of frames.

    Raises:
        InvalidValueError: there is no device, it has no rates for the run, or the model makes images only.
        ClosedFormError: the VAE works in tiles.
    """
    device, run_time = timed(estimate)
    require_videos(estimate.plan.run)
    points = _points(estimate)
    num_frames = estimate.plan.workload.num_frames
    here = next(point for point in points if point.num_frames == num_frames)
    capacity = device.capacity_bytes.value
    size, unit = time_unit(points[-1].seconds.value)
    title = (
        f"{counted(num_frames, 'frame')} take{'s' if num_frames == 1 else ''}"
        f" {plain_duration(here.seconds.value)} on {gpus_title(estimate, device)}; {_fitting(points, capacity)}"
    )
    used = f"{here.used.low / GIB:.1f} to {here.used.high / GIB:.1f} GiB"

    def draw(shown: Caption) -> Sheet:
        figure, (above, below) = sheet(shown, [HEIGHT, HEIGHT], LEFT, RIGHT, legend=0.15)
        times = [tuple([each / size for each in point.seconds]) for point in points]
        _draw(above, points, [time[1:] for time in times], BLUE)
        frames = [point.num_frames for point in points]
        above.plot(frames, [time[0] for time in times], color=BLUE, linewidth=1.6)
        above.plot(num_frames, here.seconds.value / size, "o", color=INK, markersize=5)
        above.set_ylabel(unit)
        _name(above, num_frames, duration(here.seconds))
        _draw(below, points, [(p.used.low / GIB, p.used.high / GIB) for p in points], GREEN)
        _draw_capacity(below, capacity / GIB)
        below.plot([num_frames] * 2, [here.used.low / GIB, here.used.high / GIB], "o-", **RUN)
        below.set_ylabel("GiB in use")
        below.set_xlabel("frames; shaded: probability of 80 %; least to most")
        _name(below, num_frames, used)
        return figure

    ends = [f"{p.num_frames} frames {duration(p.seconds)}" for p in (points[0], here, points[-1])]
    alt = (
        f"{title}. Time: {'; '.join(ends)}. In use at the peak with"
        f" {counted(num_frames, 'frame')}: {used} of {capacity / GIB:.1f}."
    )
    told = estimate_caption(estimate, run_time, title)
    return Figure(name="seconds-and-peak-by-frames", caption=told, alt=alt, draw=draw)


RUN: Mapping[str, Any] = {"color": INK, "markersize": 4, "linewidth": 1.2}


def _points(estimate: Estimate) -> list[Point]:
    """The estimate at the run's number of frames, and at others; of very many, at some.

    Videos of one or two latent frames have closed forms of their own, which take time to derive: they are left out.
    """
    run, geometry = estimate.plan.run, estimate.plan.run.geometry
    own = run.workload.num_frames
    estimator = Estimator.of_plan(estimate.plan, estimate.device)
    last = max(LEAST, 2 * geometry.grid(run.workload).frames - 1)
    every = {geometry.num_frames(n) for n in range(EQUAL_CHUNKS_FROM, last + 1, -(-last // MOST))}
    points = []
    for num_frames in sorted({*every, own}):
        try:
            made = estimator.at(evolve(run.workload, num_frames=num_frames))
        except InvalidValueError:
            if num_frames == own:
                raise
            continue  # not a valid workload: the curve ends
        if made.seconds is not None:
            used = on_device(made.peak_bytes, estimate.plan.gpus)
            points.append(Point(num_frames, made.seconds, used))
    return points


def _fitting(points: Sequence[Point], capacity: int) -> str:
    """How many frames surely fit, and how many perhaps, as far as the axis goes."""
    most, last = _most(points, capacity, "high"), points[-1].num_frames
    if most == last:
        return f"even {most} fit"
    perhaps = _most(points, capacity, "low")
    if not perhaps:
        return f"not even {points[0].num_frames} fit"
    surely = f"up to {most} fit, " if most > 1 else "1 fits, " if most else ""
    return f"{surely}{'even' if perhaps == last else 'up to'} {perhaps} may"


def _most(points: Sequence[Point], capacity: int, end: Literal["low", "high"]) -> int:
    """The most frames up to which this end of the band is within the capacity; 0 if there are none."""
    within = takewhile(lambda point: getattr(point.used, end) <= capacity, points)
    return max([point.num_frames for point in within], default=0)


def _draw(
    axes: Axes, points: Sequence[Point], band: Sequence[tuple[float, ...]], colour: str
) -> None:
    """A band over frames, on linear axes that start at 0."""
    frames = [point.num_frames for point in points]
    lows, highs = zip(*band, strict=True)
    axes.fill_between(frames, lows, highs, color=colour, alpha=0.3, linewidth=0)
    axes.set_xlim(0, frames[-1])
    axes.set_ylim(0, 1.06 * max(highs))
    number_ticks(axes.xaxis, whole=True)
    number_ticks(axes.yaxis)


def _draw_capacity(axes: Axes, capacity: float) -> None:
    """A line at the device's memory, named on the right."""
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.1 * capacity))
    axes.axhline(capacity, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
    axes.annotate(
        f"{capacity:.1f} GiB",
        (1, capacity),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=INK,
        size=LABEL,
    )


def _name(axes: Axes, num_frames: int, value: str) -> None:
    """A line at the run's own number of frames, with its value above the axes."""
    axes.axvline(num_frames, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    name_here(axes, num_frames, f"{counted(num_frames, 'frame')}: {value}")
