"""`draw`: draws the figures of a run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from attrs import evolve

from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.hardware import Device
from wanmeter.models import Run
from wanmeter.render.figures.figure import Figure
from wanmeter.render.figures.intensity import intensity
from wanmeter.render.figures.many_workloads import frames, resolution
from wanmeter.render.figures.memory import memory
from wanmeter.render.figures.one_workload import bytes_moved, flops
from wanmeter.render.figures.run_by_backend import RunByBackend
from wanmeter.render.figures.variations import makes_videos

FIGURES: Mapping[str, Callable[[RunByBackend], Figure]] = MappingProxyType(
    {
        "flops": flops,
        "memory": memory,
        "bytes": bytes_moved,
        "intensity": intensity,
        "frames": frames,
        "resolution": resolution,
    }
)
"""Every figure, by name."""

MAX_TOTAL = 10**24 - 1
"""Largest total that can be labelled on an axis. A video costs some 10^18 FLOPs."""


def draw(
    run: Run,
    names: Iterable[str] | None = None,
    *,
    layer_impls: Iterable[str] = (),
    device: Device | None = None,
) -> Iterator[Figure]:
    """Draw the figures of a run, one by one.

    Args:
        run: what to draw.
        names: names from `FIGURES`; if left out all, but for images not `frames`.
        layer_impls: names of the backends to draw over each other; the run's own if left out.
        device: whose roofline `intensity` has; those of some cards if left out.

    Raises:
        UnknownNameError: a figure or a backend that does not exist.
        InvalidValueError: the run's numbers are too large for a figure, or it has no such figure.
    """
    if names is None:
        names = [name for name in FIGURES if name != "frames" or makes_videos(run)]
    names = tuple(names)
    for name in names:
        if name not in FIGURES:
            raise UnknownNameError("figure", name, tuple(FIGURES))
    runs = tuple(evolve(run, layer_impl=name) for name in layer_impls) or (run,)
    by_backend = RunByBackend(runs, device)
    totals = [report.total for report in by_backend.reports]
    largest = max(max(each.flops, each.io_bytes, each.weight_bytes) for each in totals)
    if largest > MAX_TOTAL:
        raise InvalidValueError("total of the run", largest, "below 10^24 in figures")
    return (FIGURES[name](by_backend) for name in names)
