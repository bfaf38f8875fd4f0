"""`draw_estimate`: draws the figures of an estimate on a device."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from wanmeter.estimation import Estimate
from wanmeter.render.figures.by_frames import seconds_and_peak_by_frames
from wanmeter.render.figures.figure import Figure
from wanmeter.render.figures.memory import memory_by_phase
from wanmeter.render.figures.roofline import roofline
from wanmeter.render.figures.time_by_term import time_by_term
from wanmeter.render.figures.variations import makes_videos

ESTIMATE_FIGURES: Mapping[str, Callable[[Estimate], Figure]] = MappingProxyType(
    {
        "memory": memory_by_phase,
        "time": time_by_term,
        "roofline": roofline,
        "frames": seconds_and_peak_by_frames,
    }
)
"""Every figure of an estimate, by name."""


def draw_estimate(estimate: Estimate) -> Iterator[Figure]:
    """Draw what an estimate has: without seconds its memory only, and for images nothing by frames."""
    yield memory_by_phase(estimate)
    if estimate.seconds is None:
        return
    yield time_by_term(estimate)
    yield roofline(estimate)
    if makes_videos(estimate.plan.run):
        yield seconds_and_peak_by_frames(estimate)
