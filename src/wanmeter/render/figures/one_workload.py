"""Where the FLOPs of a run go, and where the bytes go that it moves."""

from collections.abc import Callable, Mapping

from wanmeter.cost import StageCost
from wanmeter.render.figures.bars import Bar, Bars
from wanmeter.render.figures.figure import Figure
from wanmeter.render.figures.percent import exact_percent
from wanmeter.render.figures.run_by_backend import RunByBackend
from wanmeter.render.figures.slices import Slice
from wanmeter.render.figures.style import COLOURS, REST
from wanmeter.units import FLOPS, TRAFFIC, readable, unit_for

LEFT, RIGHT = 1.6, 1.65
"""Margins beside the bars, in inches."""

Count = Callable[[StageCost], int]


def flops(run: RunByBackend) -> Figure:
    """Where the FLOPs go."""
    return _where(run, "flops", "FLOPs", lambda cost: cost.flops, FLOPS)


def bytes_moved(run: RunByBackend) -> Figure:
    """Where the bytes go that move to and from device memory."""
    return _where(run, "bytes", "bytes", lambda cost: cost.io_bytes, TRAFFIC, done=" moved")


def _where(
    run: RunByBackend, name: str, what: str, count: Count, units: Mapping[str, int], done: str = ""
) -> Figure:
    """How an additive quantity is spread over the transformer's modules and the other stages, most first.

    The largest, which the title names, has its colour.
    """
    total = count(run.reports[0].total)
    unit = unit_for(max(count(each.cost) for part in run.parts for each in part), units)
    most_first = sorted(run.parts, key=lambda part: -count(part[0].cost))
    largest = most_first[0][0]
    bars = Bars(
        axis=f"{unit}{done}, and share of the run",
        left=LEFT,
        right=RIGHT,
        bars=tuple(
            Bar(
                name=part.name,
                lengths=(count(part.cost) / units[unit],),
                colours=(_colour(part) if part is largest else REST,),
                cells=_cells(count(part.cost), total, units),
                others=tuple(count(other.cost) / units[unit] for other in others),
            )
            for part, *others in most_first
            if any(count(each.cost) for each in (part, *others))
        ),
    )
    title = f"{exact_percent(count(largest.cost), total)} of the {what} go to {largest.name}"
    caption = run.caption(title, readable(run.difference(count), units))
    told = "; ".join(
        f"{row.path} {readable(count(row.cost), units)} {exact_percent(count(row.cost), total)}"
        for row in run.reports[0].stages
    )
    alt = f"{title}. {bars.spoken}. Stages: {told}."
    return Figure(name=name, caption=caption, alt=alt, draw=bars.draw)


def _colour(part: Slice) -> str:
    return COLOURS.get(part.name, COLOURS[part.stage])


def _cells(value: int, total: int, units: Mapping[str, int]) -> tuple[str, str]:
    return (readable(value, units), exact_percent(value, total)) if value else ("0", "")
