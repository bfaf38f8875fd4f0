"""The figure of an estimate's kernels below the rates of its device."""

from collections.abc import Sequence

from attrs import evolve

from wanmeter.estimation import Estimate
from wanmeter.estimation.terms import Term
from wanmeter.render.figures.figure import Figure
from wanmeter.render.figures.kernel_points import MATRIX_KINDS, KernelPoint, kernel_points
from wanmeter.render.figures.on_device import (
    ELEMENT_WISE,
    estimate_caption,
    gpus_title,
    kind_of,
    timed,
)
from wanmeter.render.figures.percent import percent
from wanmeter.render.figures.roofline_chart import Chart, Point, Roof
from wanmeter.units import TERA, ratio

LEAST_SHARE = 0.001
"""Points with a smaller share of the time are not drawn; the alternative text has them."""

LARGE_REST = 0.2
"""Of what is neither, the title names the largest if its share of the time is larger."""


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
        cells = "no FLOPs", percent(moved, total)
        name, colour = ELEMENT_WISE.name, ELEMENT_WISE.colour
        points.append(Point(name=name, cells=cells, colour=colour, share=moved / total))
    shown = [*standard, *[kernel.rate for kernel in drawn]]
    first = roofs[standard[0]]
    chart = Chart(
        axis="FLOPs per byte moved, and share of the time",
        ridges=f"ridge of {first.name}: {first.ridge:,.0f}",
        marked=(first.ridge,),
        roofs=tuple([roofs[name] for name in dict.fromkeys(shown) if name in roofs]),
        points=tuple(points),
    )
    title = _title(kernels, compute, run_time.terms, total)
    spoken = "; ".join(
        f"{kernel.stage} {kernel.kind.name} ({kernel.rate.partition('.')[2]})"
        f" {ratio(kernel.intensity)}, {percent(kernel.seconds, total)}"
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
        cells=(ratio(kernel.intensity), percent(kernel.seconds, total)),
        colour=kernel.kind.colour,
        share=kernel.seconds / total,
        intensity=kernel.intensity,
        reached=reached,
        ridges=(roof.ridge,),
    )


def _title(
    kernels: Sequence[KernelPoint],
    compute: Sequence[KernelPoint],
    terms: Sequence[Term],
    total: float,
) -> str:
    """What is compute-bound and what is memory-bound, with the shares of the time, and the rest if it is large."""
    seconds: dict[str, dict[str, float]] = {"compute-bound": {}, "memory-bound": {}}
    for kernel in kernels:
        side = seconds["compute-bound" if kernel in compute else "memory-bound"]
        side[kernel.kind.name] = side.get(kernel.kind.name, 0.0) + kernel.seconds
    rest: dict[str, float] = {}
    for term in terms:
        kind = kind_of(term.term)
        if kind is ELEMENT_WISE:
            side, name = seconds["memory-bound"], kind.name
        elif kind not in MATRIX_KINDS:
            side, name = rest, "host copies" if term.term.startswith("host_copy") else kind.name
        else:
            continue
        side[name] = side.get(name, 0.0) + term.seconds
    told = []
    for bound, side in seconds.items():
        kinds = [
            kind
            for kind in sorted(side, key=lambda kind: -side[kind])
            if side[kind] >= 0.01 * total
        ]
        if kinds:
            told.append((sum(side.values()), f"{bound} ({', '.join(kinds)})"))
    largest = max(rest, key=lambda name: rest[name], default="")
    if rest.get(largest, 0.0) > LARGE_REST * total:
        told.append((rest[largest], largest))
    if not told:
        return "No kernels of a GPU take 1 % of the time"
    (first, what), *others = told
    more = [f", {percent(each, total)} {name}" for each, name in others]
    return f"{percent(first, total)} of the time is {what}{''.join(more)}"
