"""The figures of one workload: where the FLOPs go, where the bytes go, memory, arithmetic intensity."""

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve
from matplotlib.figure import Figure as Sheet

from wanmeter.cost import StageCost
from wanmeter.figures.bars import Bar, Panel, draw_bars
from wanmeter.figures.canvas import COLOURS, ORANGE, SKY, Caption, sheet
from wanmeter.figures.figure import Figure
from wanmeter.figures.parts import Part, stages, transformer_modules
from wanmeter.figures.subject import Subject, difference
from wanmeter.report.amounts import BYTES, FLOPS, readable, share, unit_for

LEFT, RIGHT = 2.15, 0.25
"""Inches beside the bars: their names stand on the left, their labels within."""

Parts = tuple[tuple[Part, ...], ...]
"""The same parts by each backend."""


def flops(subject: Subject) -> Figure:
    """Where the FLOPs go."""
    return _where(subject, "flops", "Where the FLOPs go", "FLOPs", lambda cost: cost.flops, FLOPS)


def bytes_moved(subject: Subject) -> Figure:
    """Where the bytes go."""
    title = "Where the bytes go: traffic to and from device memory"
    return _where(subject, "bytes", title, "Bytes moved", lambda cost: cost.io_bytes, BYTES)


def memory(subject: Subject) -> Figure:
    """Weights and peak activations of each stage."""
    by_stage = tuple(stages(report) for report in subject.reports)
    first, *others = by_stage
    unit = unit_for(max(map(_memory, first)), BYTES)
    size = BYTES[unit]
    bars = tuple(
        Bar(
            name=part.name,
            lengths=(part.cost.weight_bytes / size, part.cost.activation_bytes / size),
            colours=(SKY, ORANGE),
            label=f"{readable(part.cost.weight_bytes, BYTES)} + "
            f"{readable(part.cost.activation_bytes, BYTES)}",
            others=tuple((_memory(_same(other, part)) / size,) for other in others),
        )
        for part in first
    )
    panel = Panel(
        title="By stage",
        axis=f"{unit}; stages run one after the other",
        bars=bars,
        segments=(("weights", SKY), ("peak activations", ORANGE)),
    )
    caption = subject.caption("Memory: weights and peak activations", difference(by_stage))
    alt = "Memory of each stage, weights and peak activations. " + _spoken(bars)
    return _figure("memory", caption, alt, (panel,))


def intensity(subject: Subject) -> Figure:
    """FLOPs for each byte moved, of each stage and of each module of the transformer."""
    panels, compared = [], []
    for title, parts in _both(subject):
        first, *others = parts
        bars = tuple(
            Bar(
                name=part.name,
                lengths=(part.cost.arithmetic_intensity,),
                colours=(COLOURS[part.stage],),
                label=f"{part.cost.arithmetic_intensity:,.1f}" if part.cost.flops else "no FLOPs",
                others=tuple((_same(other, part).cost.arithmetic_intensity,) for other in others),
            )
            for part in first
        )
        panels.append(Panel(title=title, axis="FLOPs a byte moved", bars=bars, logarithmic=True))
        compared.append(difference(parts))
    caption = subject.caption("Arithmetic intensity", max(compared))
    alt = "FLOPs for each byte moved. " + " ".join(
        f"{panel.title}: {_spoken(panel.bars)}" for panel in panels
    )
    return _figure("intensity", caption, alt, tuple(panels))


def _where(
    subject: Subject,
    name: str,
    title: str,
    what: str,
    count: Callable[[StageCost], int],
    units: Mapping[str, int],
) -> Figure:
    """How a quantity that adds up is spread over the stages, and over the transformer's modules."""
    panels, compared = [], []
    total = count(subject.reports[0].total)
    for panel_title, parts in _both(subject):
        first, *others = parts
        unit = unit_for(max(count(part.cost) for part in first), units)
        bars = tuple(
            Bar(
                name=part.name,
                lengths=(count(part.cost) / units[unit],),
                colours=(COLOURS[part.stage],),
                label=_labelled(count(part.cost), total, units),
                others=tuple((count(_same(other, part).cost) / units[unit],) for other in others),
            )
            for part in first
            if any(count(part.cost) for part in (part, *(_same(other, part) for other in others)))
        )
        panels.append(Panel(title=panel_title, axis=f"{what}, in {unit}", bars=bars))
        compared.append(difference(parts))
    spoken = " ".join(f"{panel.title}: {_spoken(panel.bars)}" for panel in panels)
    caption = subject.caption(title, max(compared))
    return _figure(name, caption, f"{title}. {spoken}", tuple(panels))


def _both(subject: Subject) -> list[tuple[str, Parts]]:
    """The stages, and where there is a transformer, its modules."""
    both: list[tuple[str, Parts]] = [
        ("Stages", tuple(stages(report) for report in subject.reports))
    ]
    if "transformer" in subject.reports[0]:
        modules = tuple(transformer_modules(report) for report in subject.reports)
        both.append(("Modules of the transformer", modules))
    return both


def _same(parts: Sequence[Part], part: Part) -> Part:
    """The part of that name by another backend; one without a cost, where it has none."""
    named = (each for each in parts if each.name == part.name)
    return next(named, evolve(part, cost=StageCost()))


def _memory(part: Part) -> int:
    return part.cost.weight_bytes + part.cost.activation_bytes


def _labelled(value: int, total: int, units: Mapping[str, int]) -> str:
    return f"{readable(value, units)}   {share(value, total)}" if value else "0"


def _spoken(bars: Sequence[Bar]) -> str:
    return "; ".join(f"{bar.name} {' '.join(bar.label.split())}" for bar in bars) + "."


def _figure(name: str, caption: Caption, alt: str, panels: tuple[Panel, ...]) -> Figure:
    def draw(caption: Caption) -> Sheet:
        figure, every = sheet(caption, [panel.height for panel in panels], LEFT, RIGHT)
        for axes, panel in zip(every, panels, strict=True):
            draw_bars(axes, panel)
        return figure

    return Figure(name=name, caption=caption, alt=alt, draw=draw)
