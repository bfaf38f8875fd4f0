"""The roofline of an estimate's device, and the run's kernels on it."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from attrs import evolve
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet
from matplotlib.lines import Line2D

from wanmeter.estimation import Estimate
from wanmeter.render.figures.areas import spread
from wanmeter.render.figures.figure import Caption, Figure, sheet
from wanmeter.render.figures.kernel_points import MATRIX_KINDS, KernelPoint, kernel_points
from wanmeter.render.figures.on_device import (
    ELEMENT_WISE,
    Kind,
    estimate_caption,
    gpus_title,
    kind_of,
    percent,
    timed,
)
from wanmeter.render.figures.point_labels import SIZE, Box, Label, Spot, draw_labels, spot
from wanmeter.render.figures.style import INK, MARGIN, MUTED, WIDTH
from wanmeter.render.figures.ticks import power_ticks
from wanmeter.units import TERA, ratio

LEFT, RIGHT, HEIGHT = 0.75, 1.55, 3.1
"""Margins beside the axes, and their height, in inches; the roofs are named on the right."""

ABOVE = 0.12
"""Room for the legend, in inches."""

LEAST_SHARE = 0.001
"""Points with a smaller share of the time are not drawn; the alternative text has them."""


EDGE: Mapping[str, Any] = {"markeredgecolor": INK, "markeredgewidth": 0.8}


def roofline(estimate: Estimate) -> Figure:
    """The device's rates, and the kernels on matrix units by intensity.

    Raises:
        InvalidValueError: there is no device, or it has no rates for the run.
    """
    device, run_time = timed(estimate)
    memory, total = device.known_rates["dram"].value, run_time.seconds.value
    points = kernel_points(estimate, device, run_time.terms)
    attention = run_time.attention
    names = ["matmul.bf16", f"attention.{attention}", *[point.rate for point in points]]
    roofs = {name: rate.value for name, rate in device.known_rates.items() if name in names}
    compute = [point for point in points if point.intensity * memory >= roofs[point.rate]]
    moved = sum([term.seconds for term in run_time.terms if kind_of(term.term) is ELEMENT_WISE])
    title = _title(points, compute, moved, total)
    drawn = [point for point in points if point.seconds >= LEAST_SHARE * total]
    standard = [name for name in roofs if name in ("matmul.bf16", f"attention.{attention}")]
    named = {name: roofs[name] for name in [*standard, *[point.rate for point in drawn]]}

    def draw(shown: Caption) -> Sheet:
        figure, (axes,) = sheet(shown, [HEIGHT + ABOVE], LEFT, RIGHT)
        box = axes.get_position()
        height = HEIGHT / figure.get_figheight()
        axes.set_position((box.x0, box.y0, box.width, height))
        _set_axes(axes, drawn, named, memory)
        lines = _draw_roofs(axes, named, memory)
        _draw_points(axes, drawn, memory, moved / total, total, lines)
        return figure

    spoken = "; ".join(
        f"{point.stage} {point.kind.name} {ratio(point.intensity)} ({percent(point.seconds, total)})"
        for point in points
    )
    rates = "; ".join(f"{name} {value / TERA:,.3g} TFLOP/s" for name, value in roofs.items())
    alt = (
        f"{title}. On {gpus_title(estimate, device)}: memory {memory / TERA:.3g} TB/s; {rates}."
        f" FLOPs per byte, and share of the time: {spoken or 'no matrix kernels'}."
    )
    told = estimate_caption(estimate, run_time, title)
    told = evolve(told, backends=f"{gpus_title(estimate, device)}; {told.backends}")
    return Figure(name="roofline", caption=told, alt=alt, draw=draw)


def _title(
    points: Sequence[KernelPoint], compute: Sequence[KernelPoint], moved: float, total: float
) -> str:
    """What is compute-bound and what is memory-bound, with the shares of the time."""
    seconds: dict[bool, dict[Kind, float]] = {True: {}, False: {}}
    for point in points:
        side = seconds[point in compute]
        side[point.kind] = side.get(point.kind, 0.0) + point.seconds
    seconds[False][ELEMENT_WISE] = moved
    told = []
    for bound, name in ((True, "Compute-bound"), (False, "Memory-bound")):
        kinds = [kind for kind, each in seconds[bound].items() if each >= 0.01 * total]
        kinds.sort(key=lambda kind: -seconds[bound][kind])
        if kinds:
            names = ", ".join(kind.name for kind in kinds)
            told.append(f"{name}: {names}, {percent(sum(seconds[bound].values()), total)}")
    return ". ".join(told) or "No kernels of a GPU take 1 % of the time"


def _set_axes(
    axes: Axes, points: Sequence[KernelPoint], roofs: Mapping[str, float], memory: float
) -> None:
    """Logarithmic axes around the points and the ridges."""
    ridges = [roof / memory for roof in roofs.values()]
    intensities = [point.intensity for point in points]
    low, high = min(*ridges, *intensities) / 6, max(*ridges, *intensities) * 4
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(low * memory / TERA, max(roofs.values()) * 3 / TERA)
    power_ticks(axes.xaxis)
    power_ticks(axes.yaxis)
    axes.set_xlabel("FLOPs per byte of memory traffic; kernels with 0.1 % of the time", x=0.62)
    axes.set_ylabel("TFLOP/s")


def _draw_roofs(axes: Axes, roofs: Mapping[str, float], memory: float) -> list[list[Spot]]:
    """The memory's rate, each roof from its ridge on, and the ridge of bf16 products; the lines drawn."""
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    highest = max(roofs.values())
    drawn = [(low, low * memory, highest / memory, highest)]
    drawn += [(roof / memory, roof, high, roof) for roof in roofs.values()]
    for x, y, end, reached in drawn:
        axes.plot([x, end], [y / TERA, reached / TERA], color=INK, linewidth=1.2, zorder=2)
    ridge = roofs.get("matmul.bf16", highest) / memory
    axes.axvline(ridge, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    axes.annotate(
        f"ridge: {ridge:,.0f} FLOPs per byte",
        (ridge, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 4),
        textcoords="offset points",
        size=8,
        color=INK,
    )
    middles = [log10(roof / TERA / bottom) / log10(top / bottom) for roof in roofs.values()]
    places = spread(middles, gap=0.165 / HEIGHT)
    for (name, roof), middle, place in zip(roofs.items(), middles, places, strict=True):
        axes.annotate(
            f"{name} {roof / TERA:,.3g}",
            (1, middle),
            xytext=(1.05, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            size=8.5,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": MUTED, "shrinkA": 2, "relpos": (0, 0.5)},
            annotation_clip=False,
        )
    ends = [(spot(axes, x, y / TERA), spot(axes, end, r / TERA)) for x, y, end, r in drawn]
    ends.append((spot(axes, ridge, bottom), spot(axes, ridge, top)))
    return [
        [(a + (c - a) * i / 60, b + (d - b) * i / 60) for i in range(61)] for (a, b), (c, d) in ends
    ]


def _draw_points(
    axes: Axes,
    points: Sequence[KernelPoint],
    memory: float,
    moved: float,
    total: float,
    lines: Sequence[Sequence[Spot]],
) -> None:
    """Points whose area is their share of the time; element-wise kernels, at 0, at the end of the axis."""
    low, top = axes.get_xlim()[0], axes.get_ylim()[1] * TERA / 3
    marks = [
        (f"{point.stage} {percent(point.seconds, total)}", point.intensity, point.reached, point)
        for point in sorted(points, key=lambda point: -point.seconds)
    ]
    labels = []
    for text, x, y, point in marks:
        size, at = _size(point.seconds / total), (x, min(y, x * memory) / TERA)
        axes.plot(*at, "o", color=point.kind.colour, markersize=size, **EDGE)
        labels.append(Label(text=text, at=spot(axes, *at), radius=size / 2))
    if moved:
        size, at = _size(moved), (low * 1.2, low * 1.2 * memory / TERA)
        axes.plot(*at, "<", color=ELEMENT_WISE.colour, markersize=size, **EDGE)
        text = f"all stages {round(100 * moved)} %, at 0"
        labels.insert(0, Label(text=text, at=spot(axes, *at), radius=size / 2))
    # Left of the memory's line there is nothing else.
    x, y = spot(axes, top / memory / 1.3, top / 1.3 / TERA)
    told = f"memory\n{memory / TERA:.3g} TB/s"
    axes.annotate(
        told, (x - 6, y), xycoords="axes points", ha="right", va="center", size=SIZE, color=INK
    )
    kept = Box(left=x - 70, bottom=y - 14, right=x, top=y + 14)
    draw_labels(axes, labels, lines, [kept])
    kinds = [kind for kind in MATRIX_KINDS if kind in [point.kind for point in points]]
    handles = [
        Line2D([], [], marker="o", linestyle="", color=kind.colour, label=kind.name, **EDGE)
        for kind in [*kinds, *([ELEMENT_WISE] if moved else [])]
    ]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=((MARGIN - LEFT) / (WIDTH - LEFT - RIGHT), 1 + 0.22 / HEIGHT),
        ncols=len(handles),
        frameon=False,
        handletextpad=0.2,
        columnspacing=1.2,
        borderaxespad=0.2,
    )


def _size(share: float) -> float:
    """The diameter of a marker whose area grows with a share, in points."""
    return float(4 + 10 * share**0.5)
