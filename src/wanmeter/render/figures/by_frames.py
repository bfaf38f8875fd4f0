"""The figure of an estimate at other numbers of frames: seconds, and the peak beside the device's memory."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Any, Literal, NamedTuple

from attrs import evolve
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from wanmeter.errors import InvalidValueError, WanmeterError
from wanmeter.estimation import Estimate
from wanmeter.estimation.amounts import duration, plain_duration
from wanmeter.estimation.estimator import Estimator
from wanmeter.estimation.memory import Band, on_device
from wanmeter.estimation.terms import Seconds
from wanmeter.render.figures.figure import Caption, Figure, sheet
from wanmeter.render.figures.on_device import estimate_caption, gpus_title, time_unit, timed
from wanmeter.render.figures.style import BLUE, GREEN, INK
from wanmeter.render.figures.ticks import number_ticks
from wanmeter.units import GIB, counted

LEFT, RIGHT, HEIGHT = 0.8, 0.85, 1.75
"""Margins beside the axes, and their height, in inches; the device's memory is named on the right."""

LEAST, MOST = 11, 400
"""Latent frames that the axis reaches at least, and the most points of a curve."""


class Point(NamedTuple):
    """The time, and the bytes in use on the device, at a number of frames."""

    num_frames: int
    seconds: Seconds
    used: Band


def seconds_and_peak_by_frames(estimate: Estimate) -> Figure:
    """Seconds and memory from one latent frame to about twice the run's.

    Raises:
        InvalidValueError: there is no device, it has no rates for the run, or the model makes images only.
        ClosedFormError: the VAE works in tiles.
    """
    device, run_time = timed(estimate)
    num_frames = estimate.plan.workload.num_frames
    if not makes_videos(estimate):
        allowed = "a model that makes videos, for a figure of frames"
        raise InvalidValueError("workload.num_frames", num_frames, allowed)
    Estimator.of_plan(estimate.plan, device).at(estimate.plan.workload)  # its errors belong here
    points = _points(estimate)
    here = next(point for point in points if point.num_frames == num_frames)
    capacity = device.capacity_bytes.value
    size, unit = time_unit(points[-1].seconds.value)
    title = (
        f"{counted(num_frames, 'frame')}: {plain_duration(here.seconds.value)} on"
        f" {gpus_title(estimate, device)}; {_fitting(points, capacity)}"
    )
    used = f"{here.used.low / GIB:.1f} to {here.used.high / GIB:.1f} GiB"

    def draw(shown: Caption) -> Sheet:
        figure, (above, below) = sheet(shown, [HEIGHT, HEIGHT], LEFT, RIGHT)
        times = [tuple([each / size for each in point.seconds]) for point in points]
        _draw(above, points, [time[1:] for time in times], BLUE)
        frames = [point.num_frames for point in points]
        above.plot(frames, [time[0] for time in times], color=BLUE, linewidth=1.6)
        above.plot(num_frames, here.seconds.value / size, "o", color=INK, markersize=5)
        above.set_ylabel(unit)
        _name(above, num_frames, points, duration(here.seconds))
        _draw(below, points, [(p.used.low / GIB, p.used.high / GIB) for p in points], GREEN)
        _draw_capacity(below, capacity / GIB)
        below.plot([num_frames] * 2, [here.used.low / GIB, here.used.high / GIB], "o-", **RUN)
        below.set_ylabel("GiB in use")
        below.set_xlabel("frames; shaded: probability of 80 % above, least to most below")
        _name(below, num_frames, points, used)
        return figure

    ends = [f"{p.num_frames} frames {duration(p.seconds)}" for p in (points[0], here, points[-1])]
    alt = (
        f"{title}. Time: {'; '.join(ends)}. In use at the peak with"
        f" {counted(num_frames, 'frame')}: {used} of {capacity / GIB:.1f}."
    )
    told = estimate_caption(estimate, run_time, title)
    return Figure(name="seconds-and-peak-by-frames", caption=told, alt=alt, draw=draw)


def makes_videos(estimate: Estimate) -> bool:
    """Whether the model makes more than one frame."""
    run = estimate.plan.run
    frames = run.geometry.grid(run.workload).frames + 1
    workload = evolve(run.workload, num_frames=run.geometry.num_frames(frames))
    try:
        evolve(run, workload=workload)
    except WanmeterError:
        return run.workload.num_frames > 1
    return True


RUN: Mapping[str, Any] = {"color": INK, "markersize": 4, "linewidth": 1.2}


def _points(estimate: Estimate) -> list[Point]:
    """The estimate at each number of frames that the model can make; of very many, at some."""
    plan = estimate.plan
    estimator, geometry = Estimator.of_plan(plan, estimate.device), plan.run.geometry
    last = max(LEAST, 2 * geometry.grid(plan.workload).frames - 1)
    every = {geometry.num_frames(n) for n in range(1, last + 1, -(-last // MOST))}
    points = []
    for num_frames in sorted({*every, plan.workload.num_frames}):
        with suppress(WanmeterError):  # not a valid workload: the curve ends
            made = estimator.at(evolve(plan.run.workload, num_frames=num_frames))
            if made.seconds is not None:
                used = on_device(made.peak_bytes, plan.gpus)
                points.append(Point(num_frames, made.seconds, used))
    return points


def _fitting(points: Sequence[Point], capacity: int) -> str:
    """How many frames surely fit, and how many perhaps, as far as the axis goes."""
    most, last = _most(points, capacity, "high"), points[-1].num_frames
    if most == last:
        return f"even {most} fit"
    perhaps = _most(points, capacity, "low")
    if not perhaps:
        return "no number fits"
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
        size=8.5,
    )


def _name(axes: Axes, num_frames: int, points: Sequence[Point], value: str) -> None:
    """A line at the run's own number of frames, with its value above the axes."""
    axes.axvline(num_frames, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    far = num_frames > 0.7 * points[-1].num_frames
    near = num_frames < 0.3 * points[-1].num_frames
    axes.annotate(
        f"{counted(num_frames, 'frame')}: {value}",
        (num_frames, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right" if far else "left" if near else "center",
        size=8.5,
        color=INK,
    )
