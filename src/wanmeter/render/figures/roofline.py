"""The figure of an estimate's kernels below the rates of its device."""

from collections.abc import Sequence

from attrs import evolve

from wanmeter.estimation import Estimate
from wanmeter.render.figures.figure import Figure
from wanmeter.render.figures.kernel_points import KernelPoint, kernel_points
from wanmeter.render.figures.on_device import (
    ELEMENT_WISE,
    Kind,
    estimate_caption,
    gpus_title,
    kind_of,
    percent,
    timed,
)
from wanmeter.render.figures.roofline_chart import Chart, Point, Roof
from wanmeter.units import TERA, ratio

LEAST_SHARE = 0.001
"""Points with a smaller share of the time are not drawn; the alternative text has them."""


def roofline(estimate: Estimate) -> Figure:
    """The device's rates, and the kernels on matrix units by intensity.

    Raises:
        InvalidValueError: there is no device, or it has no rates for the run.
    """
    device, run_time = timed(estimate)
    rates, total = device.known_rates, run_time.seconds.value
    kernels = kernel_points(estimate, device, run_time.terms)
    standard = ["matmul.bf16", f"attention.{run_time.attention}"]
    roofs = {
        name: Roof(name=name, flops_per_second=rate.value, bytes_per_second=rates["dram"].value)
        for name, rate in rates.items()
        if name in standard or name in [kernel.rate for kernel in kernels]
    }
    compute = [kernel for kernel in kernels if kernel.intensity >= roofs[kernel.rate].ridge]
    moved = sum([term.seconds for term in run_time.terms if kind_of(term.term) is ELEMENT_WISE])
    drawn = [kernel for kernel in kernels if kernel.seconds >= LEAST_SHARE * total]
    points = [_point(kernel, roofs[kernel.rate], total) for kernel in drawn]
    if moved:
        label = f"no FLOPs   {percent(moved, total)}"
        name, colour = ELEMENT_WISE.name, ELEMENT_WISE.colour
        points.append(Point(name=name, label=label, colour=colour, share=moved / total))
    shown = [*standard, *[kernel.rate for kernel in drawn]]
    chart = Chart(
        axis="FLOPs per byte moved, and share of the time",
        roofs=tuple([roofs[name] for name in dict.fromkeys(shown) if name in roofs]),
        points=tuple(points),
    )
    title = _title(kernels, compute, moved, total)
    spoken = "; ".join(
        f"{kernel.stage} {kernel.kind.name} {ratio(kernel.intensity)}"
        f" ({percent(kernel.seconds, total)})"
        for kernel in kernels
    )
    told = "; ".join(
        f"{name} {roof.flops_per_second / TERA:,.3g} TFLOP/s" for name, roof in roofs.items()
    )
    on = gpus_title(estimate, device)
    alt = (
        f"{title}. On {on}: memory {rates['dram'].value / TERA:.3g} TB/s; {told}."
        f" FLOPs per byte, and share of the time: {spoken or 'no matrix kernels'}."
    )
    caption = estimate_caption(estimate, run_time, title)
    caption = evolve(caption, backends=f"{on}; {caption.backends}")
    return Figure(name="roofline", caption=caption, alt=alt, draw=chart.draw)


def _point(kernel: KernelPoint, roof: Roof, total: float) -> Point:
    reached = min(kernel.reached, roof.at(kernel.intensity))
    return Point(
        name=f"{kernel.stage} {kernel.rate}",
        label=f"{ratio(kernel.intensity)}   {percent(kernel.seconds, total)}",
        colour=kernel.kind.colour,
        share=kernel.seconds / total,
        intensity=kernel.intensity,
        reached=(reached,),
    )


def _title(
    kernels: Sequence[KernelPoint], compute: Sequence[KernelPoint], moved: float, total: float
) -> str:
    """What is compute-bound and what is memory-bound, with the shares of the time."""
    seconds: dict[bool, dict[Kind, float]] = {True: {}, False: {}}
    for kernel in kernels:
        side = seconds[kernel in compute]
        side[kernel.kind] = side.get(kernel.kind, 0.0) + kernel.seconds
    seconds[False][ELEMENT_WISE] = moved
    told = []
    for bound, name in ((True, "Compute-bound"), (False, "Memory-bound")):
        kinds = [kind for kind, each in seconds[bound].items() if each >= 0.01 * total]
        kinds.sort(key=lambda kind: -seconds[bound][kind])
        if kinds:
            names = ", ".join(kind.name for kind in kinds)
            told.append(f"{name}: {names}, {percent(sum(seconds[bound].values()), total)}")
    return ". ".join(told) or "No kernels of a GPU take 1 % of the time"
