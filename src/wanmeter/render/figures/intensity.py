"""The figure of arithmetic intensity: the modules of a run below the roofs of devices."""

from collections.abc import Sequence

from wanmeter.errors import InvalidValueError
from wanmeter.hardware import Device, device
from wanmeter.render.figures.figure import Figure
from wanmeter.render.figures.on_device import card, short_title
from wanmeter.render.figures.percent import exact_percent
from wanmeter.render.figures.roofline_chart import Chart, Point, Roof
from wanmeter.render.figures.run_by_backend import RunByBackend
from wanmeter.render.figures.slices import Slice, stages
from wanmeter.render.figures.style import COLOURS, MUTED
from wanmeter.units import FLOPS, TERA, TRAFFIC, ratio, readable

CARDS = ("b200", "h100_sxm_80gb", "a100_sxm_80gb", "rtx_4090")
"""The devices whose roofs are drawn where none is chosen."""


def intensity(run: RunByBackend) -> Figure:
    """FLOPs per byte moved, of each module of the transformer and each other stage.

    Raises:
        InvalidValueError: the run's device has no rates.
    """
    roofs = [_roof(each) for each in ([run.device] if run.device else map(device, CARDS))]
    total = run.reports[0].total
    parts = [part for part, *_ in run.parts]
    idle = sum(part.cost.io_bytes for part in parts if not part.cost.flops)
    points = [
        _point(part, others, total.flops, roofs)
        for part, *others in run.parts
        if any(each.cost.arithmetic_intensity for each in (part, *others))
    ]
    if idle:
        moved = f"{exact_percent(idle, total.io_bytes)} of the bytes"
        points.append(Point(name="without FLOPs", cells=(moved,), colour=MUTED, share=0))
    ridges = sorted([roof.ridge for roof in roofs])
    several = f"ridges: {ridges[0]:,.0f} to {ridges[-1]:,.0f} FLOPs per byte"
    chart = Chart(
        axis="FLOPs per byte moved, and share of the FLOPs",
        ridges=several if ridges[1:] else f"ridge: {ridges[0]:,.0f} FLOPs per byte",
        marked=tuple(ridges),
        roofs=tuple(roofs),
        points=tuple(points),
    )
    on = short_title(run.device) if run.device else "these cards"
    title = _title(parts, roofs, total.flops, on)
    told, whole = (
        "; ".join(f"{part.name} {_intensity(part)}" for part in each)
        for each in (parts, stages(run.reports[0]))
    )
    rates = "; ".join(
        f"{roof.name} {roof.flops_per_second / TERA:,.3g} TFLOP/s, ridge {roof.ridge:,.0f}"
        for roof in roofs
    )
    caption = run.caption(
        title,
        readable(run.difference(lambda cost: cost.flops), FLOPS),
        readable(run.difference(lambda cost: cost.io_bytes), TRAFFIC),
    )
    alt = f"{title}. FLOPs per byte moved: {told}. Stages: {whole}. Products in bf16: {rates}."
    return Figure(name="intensity", caption=caption, alt=alt, draw=chart.draw)


def _roof(given: Device) -> Roof:
    """What a device reaches with matrix products in bf16."""
    rates = given.known_rates
    if not rates:
        raise InvalidValueError("device", given.name, "a device with rates, such as h100")
    return Roof(
        name=card(given),
        flops_per_second=rates["matmul.bf16"].value,
        bytes_per_second=rates["dram"].value,
    )


def _point(part: Slice, others: Sequence[Slice], total: int, roofs: Sequence[Roof]) -> Point:
    at = part.cost.arithmetic_intensity
    return Point(
        name=part.name,
        cells=(_intensity(part), exact_percent(part.cost.flops, total)),
        colour=COLOURS.get(part.name, COLOURS[part.stage]),
        share=part.cost.flops / total,
        intensity=at,
        reached=0.0 if roofs[1:] or not at else roofs[0].at(at),  # with several roofs, dots crowd
        ridges=tuple([roof.ridge for roof in roofs]),
        others=tuple([other.cost.arithmetic_intensity for other in others]),
    )


def _title(parts: Sequence[Slice], roofs: Sequence[Roof], total: int, on: str) -> str:
    """How much of the work the memory does not limit."""
    ridge = max([roof.ridge for roof in roofs])
    bound = sum([p.cost.flops for p in parts if p.cost.arithmetic_intensity >= ridge])
    least = "At least " if roofs[1:] else ""
    told = f"{least}{exact_percent(bound, total).replace('-', '0 %')} of the FLOPs"
    if exact_percent(bound, total) == "100.0 %":
        told = "All FLOPs" if bound == total else "All but <0.1 % of the FLOPs"
    return f"{told} are compute-bound on {on}"


def _intensity(part: Slice) -> str:
    if not part.cost.flops:
        return "no FLOPs"
    return ratio(part.cost.arithmetic_intensity) if part.cost.io_bytes else "no bytes"
