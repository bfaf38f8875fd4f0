"""The figures of one workload: where the FLOPs go, where the bytes go, memory, arithmetic intensity."""

from collections.abc import Callable, Collection, Mapping, Sequence

from matplotlib.figure import Figure as Sheet

from wanmeter.cost import StageCost
from wanmeter.render.figures.bars import Bar, Panel, draw_bars
from wanmeter.render.figures.figure import Caption, Figure, sheet
from wanmeter.render.figures.run_by_backend import RunByBackend, difference
from wanmeter.render.figures.slices import Slice, aligned, stages, transformer_modules
from wanmeter.render.figures.style import COLOURS
from wanmeter.units import BYTES, FLOPS, TRAFFIC, ratio, readable, share, unit_for

LEFT, RIGHT = 2.15, 0.25
"""Margins beside the bars, in inches; the names are on the left, the labels inside the axes."""

HELD = ("weights", "peak activations")

Parts = tuple[tuple[Slice, ...], ...]
"""The same parts, for each backend."""

Count = Callable[[StageCost], int]


def flops(run: RunByBackend) -> Figure:
    """Where the FLOPs go."""
    return _where(run, "flops", "FLOPs", lambda cost: cost.flops, FLOPS)


def bytes_moved(run: RunByBackend) -> Figure:
    """Where the bytes go that move to and from device memory."""
    return _where(run, "bytes", "bytes", lambda cost: cost.io_bytes, TRAFFIC, done=" moved")


def memory(run: RunByBackend) -> Figure:
    """Weights and peak activations of each stage."""
    by_stage = aligned([stages(report) for report in run.reports])
    unit = unit_for(max(_memory(part.cost) for parts in by_stage for part in parts), BYTES)
    size = BYTES[unit]
    bars = tuple(
        Bar(
            name=part.name,
            lengths=(part.cost.weight_bytes / size, part.cost.activation_bytes / size),
            colours=tuple(COLOURS[name] for name in HELD),
            label=f"{readable(part.cost.weight_bytes, BYTES)} + "
            f"{readable(part.cost.activation_bytes, BYTES)}",
            others=tuple(_memory(other.cost) / size for other in others),
        )
        for part, *others in zip(*by_stage, strict=True)
    )
    panel = Panel(
        title="By stage", axis=f"{unit}; stages run one after the other", bars=bars, segments=HELD
    )
    counts = (lambda cost: cost.weight_bytes), (lambda cost: cost.activation_bytes)
    apart = max(difference(by_stage, count) for count in counts)
    largest = max(by_stage[0], key=lambda part: _memory(part.cost))
    title = f"Most memory: {largest.name}, {readable(_memory(largest.cost), BYTES)}"
    caption = run.caption(title, readable(apart, BYTES))
    alt = f"{title}. Weights and peak activations of each stage: {_spoken(bars)}"
    return _figure("memory", caption, alt, (panel,))


def intensity(run: RunByBackend) -> Figure:
    """FLOPs per byte moved, of each stage and each module of the transformer."""
    both = _both(run)
    panels = tuple(
        Panel(
            title=panel_title,
            axis="FLOPs per byte moved",
            bars=tuple(
                Bar(
                    name=part.name,
                    lengths=(part.cost.arithmetic_intensity,),
                    colours=(COLOURS.get(part.name, COLOURS[part.stage]),),
                    label=_intensity(part.cost),
                    others=tuple(other.cost.arithmetic_intensity for other in others),
                )
                for part, *others in zip(*parts, strict=True)
            ),
            dots=True,
        )
        for panel_title, parts in both
    )
    transformers = run.reports[0].running("transformer")
    largest = _largest(both, lambda cost: cost.arithmetic_intensity, transformers)
    title = f"Most FLOPs per byte: {largest.name}, {_intensity(largest.cost)}"
    caption = run.caption(
        title,
        _apart(both, lambda cost: cost.flops, FLOPS),
        _apart(both, lambda cost: cost.io_bytes, TRAFFIC),
    )
    return _figure("intensity", caption, _told(title, panels), panels)


def _where(
    run: RunByBackend, name: str, what: str, count: Count, units: Mapping[str, int], done: str = ""
) -> Figure:
    """How an additive quantity is spread over the stages and the transformer's modules."""
    both = _both(run)
    total = count(run.reports[0].total)
    panels = []
    for panel_title, parts in both:
        unit = unit_for(max(count(part.cost) for each in parts for part in each), units)
        bars = tuple(
            Bar(
                name=part.name,
                lengths=(count(part.cost) / units[unit],),
                colours=(COLOURS.get(part.name, COLOURS[part.stage]),),
                label=_labelled(count(part.cost), total, units),
                others=tuple(count(other.cost) / units[unit] for other in others),
            )
            for part, *others in zip(*parts, strict=True)
            if any(count(each.cost) for each in (part, *others))
        )
        axis = f"{unit}{done}, and share of the run"
        panels.append(Panel(title=panel_title, axis=axis, bars=bars))
    largest = _largest(both, count, run.reports[0].running("transformer"))
    title = f"{share(count(largest.cost), total)} of the {what} go to {largest.name}"
    caption = run.caption(title, _apart(both, count, units))
    return _figure(name, caption, _told(title, panels), tuple(panels))


def _both(run: RunByBackend) -> list[tuple[str, Parts]]:
    """The stages and, if there is a transformer, its modules."""
    both = [("Stages", aligned([stages(report) for report in run.reports]))]
    if transformers := run.reports[0].running("transformer"):
        modules = aligned([transformer_modules(report) for report in run.reports])
        stacks = run.reports[0].children(transformers[0])
        control = any(row.name.endswith("_blocks") for row in stacks)
        of = "transformer" if len(transformers) == 1 else "transformers"
        title = "Modules, control blocks included" if control else f"Modules of the {of}"
        both.append((title, modules))
    return both


def _apart(both: Sequence[tuple[str, Parts]], count: Count, units: Mapping[str, int]) -> str:
    """The largest difference between backends in any bar."""
    return readable(max(difference(parts, count) for _, parts in both), units)


def _largest(
    both: Sequence[tuple[str, Parts]],
    count: Callable[[StageCost], float],
    transformers: Collection[str],
) -> Slice:
    """The first backend's slice that has the most: a module of the transformer, or another stage."""
    (_, (by_stage, *_)), *split = both
    parts = [part for part in by_stage if not split or part.name not in transformers]
    parts += [part for _, (modules, *_) in split for part in modules]
    return max(parts, key=lambda part: count(part.cost))


def _memory(cost: StageCost) -> int:
    return cost.weight_bytes + cost.activation_bytes


def _intensity(cost: StageCost) -> str:
    if not cost.flops:
        return "no FLOPs"
    return ratio(cost.arithmetic_intensity) if cost.io_bytes else "no bytes"


def _labelled(value: int, total: int, units: Mapping[str, int]) -> str:
    return f"{readable(value, units)}   {share(value, total)}" if value else "0"


def _told(title: str, panels: Sequence[Panel]) -> str:
    """A figure in words."""
    return f"{title}. " + " ".join(f"{panel.title}: {_spoken(panel.bars)}" for panel in panels)


def _spoken(bars: Sequence[Bar]) -> str:
    return "; ".join(f"{bar.name} {' '.join(bar.label.split())}" for bar in bars) + "."


def _figure(name: str, caption: Caption, alt: str, panels: tuple[Panel, ...]) -> Figure:
    def draw(caption: Caption) -> Sheet:
        figure, every = sheet(caption, [panel.height for panel in panels], LEFT, RIGHT)
        for axes, panel in zip(every, panels, strict=True):
            draw_bars(axes, panel)
        return figure

    return Figure(name=name, caption=caption, alt=alt, draw=draw)
