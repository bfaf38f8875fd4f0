"""The figures of memory: weights and peak activations of each stage; and each phase of an execution."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from attrs import evolve

from wanmeter.cost import StageCost
from wanmeter.estimation import Estimate, PhaseMemory
from wanmeter.estimation.memory import Band, on_device
from wanmeter.render.figures.bars import Bar, Bars
from wanmeter.render.figures.figure import Caption, Figure
from wanmeter.render.figures.on_device import card, short_title
from wanmeter.render.figures.run_by_backend import RunByBackend, difference
from wanmeter.render.figures.slices import aligned, stages
from wanmeter.render.figures.style import COLOURS
from wanmeter.report.caption import caption
from wanmeter.report.components import Components
from wanmeter.units import BYTES, GIB, readable

LEFT, RIGHT = 1.15, 1.95
"""Margins beside the bars, in inches."""

CARDS: Mapping[str, float] = MappingProxyType(
    {"16 GB": 15.61, "24 GB": 23.52, "32 GB": 31.37, "48 GB": 44.42, "80 GB": 79.11}
)
"""The GiB that PyTorch reports of cards sold as having so many GB.

Those of the packaged RTX 4090, RTX 5090, L40S and H100; of 16 GB, the RTX A4000 of DengKaiCQ/VGGT-Long issue 6.
"""

OF_CARDS = "lines: what PyTorch reports of cards sold as 16 to 80 GB"

HELD = ("weights", "peak activations")

PARTS = (*HELD, "held", "workspace")


def memory(run: RunByBackend) -> Figure:
    """Weights and peak activations of each stage."""
    by_stage = aligned([stages(report) for report in run.reports])
    bars = _bars(
        "GiB at least; stages run one after the other",
        HELD,
        [
            Bar(
                name=part.name,
                lengths=_gib(part.cost.weight_bytes, part.cost.activation_bytes),
                colours=tuple([COLOURS[name] for name in HELD]),
                cells=(
                    f"{part.cost.weight_bytes / GIB:.2f} + {part.cost.activation_bytes / GIB:.2f}"
                    f" = {_memory(part.cost) / GIB:.2f}",
                ),
                others=_gib(*[_memory(other.cost) for other in others]),
            )
            for part, *others in zip(*by_stage, strict=True)
        ],
    )
    counts = (lambda cost: cost.weight_bytes), (lambda cost: cost.activation_bytes)
    apart = max(difference(by_stage, count) for count in counts)
    largest = max(by_stage[0], key=lambda part: _memory(part.cost))
    title = f"{largest.name} needs at least {_needs(_memory(largest.cost) / GIB)}"
    alt = f"{title}. Weights and peak activations of each stage: {bars.spoken}."
    told = run.caption(title, readable(apart, BYTES))
    return Figure(name="memory", caption=told, alt=alt, draw=bars.draw)


def memory_by_phase(estimate: Estimate) -> Figure:
    """The peak of each phase by what it is made of, with the line of the device's memory."""
    plan, device = estimate.plan, estimate.device
    gpus = "" if plan.gpus == 1 else f", each of {plan.gpus} GPUs"
    axis = f"GiB allocated at most: {plan.profile.name} code, placement {plan.placement.name}{gpus}"
    shown, marks = [_phase_bar(phase) for phase in estimate.phases], None
    if device is not None:
        axis = f"{axis}; on the right, in use"
        shown = [
            _in_use(bar, on_device(phase.peak_bytes, plan.gpus))
            for bar, phase in zip(shown, estimate.phases, strict=True)
        ]
        capacity = device.capacity_bytes.value / GIB
        marks = {f"{card(device)}, {capacity:.1f} GiB": capacity}
    bars = _bars(axis, PARTS, shown, marks)
    title, run = _phase_title(estimate), plan.run
    told = Caption(
        title=title,
        run=caption(run.model, run.workload, Components.of(run, plan.stages), plan.stages),
        backends=f"layer_impl={run.layer_impl.name}",
    )
    alt = f"{title}. {bars.spoken}."
    return Figure(name="memory-by-phase", caption=told, alt=alt, draw=bars.draw)


def _bars(
    axis: str, parts: Sequence[str], bars: Sequence[Bar], marks: Mapping[str, float] | None = None
) -> Bars:
    """Bars of memory, beside the cards if there are no other marks."""
    return Bars(
        axis=axis if marks else f"{axis}; {OF_CARDS}",
        bars=tuple(bars),
        left=LEFT,
        right=RIGHT,
        legend={part: COLOURS[part] for part in parts},
        columns=5,
        band="in use" if any([bar.band for bar in bars]) else "",
        marks=marks or CARDS,
    )


def _gib(*sizes: int) -> tuple[float, ...]:
    return tuple([size / GIB for size in sizes])


def _memory(cost: StageCost) -> int:
    return cost.weight_bytes + cost.activation_bytes


def _needs(gib: float) -> str:
    """So many GiB, and the largest card that they are too much for."""
    beyond = [card for card, size in CARDS.items() if size < gib]
    return f"{gib:,.1f} GiB if held whole" + (f": too much for {beyond[-1]}" if beyond else "")


def _phase_bar(phase: PhaseMemory) -> Bar:
    sizes = (phase.weights_bytes, phase.activation_bytes, phase.held_bytes)
    return Bar(
        name=phase.name,
        lengths=_gib(*sizes, phase.workspace_bytes.high),
        colours=tuple([COLOURS[part] for part in PARTS]),
        cells=(_gib_text(phase.peak_bytes),),
    )


def _in_use(bar: Bar, used: Band) -> Bar:
    """A phase's bar with what the device shows as used."""
    return evolve(bar, cells=(_gib_text(used),), band=_gib(used.low, used.high))


def _gib_text(band: Band) -> str:
    low, high = (f"{size / GIB:.1f}" for size in (band.low, band.high))
    return f"{low} GiB" if low == high else f"{low} to {high} GiB"


def _phase_title(estimate: Estimate) -> str:
    """The answer: whether it fits, and what it takes, by which that is decided."""
    phase = estimate.peak_phase.name
    if estimate.device is None:
        return f"At most {estimate.peak_bytes.high / GIB:.1f} GiB allocated, in {phase}"
    verdict = {"fits": "Fits", "tight": "May fit", "does not fit": "Does not fit"}
    answer = verdict[estimate.verdict or "tight"]
    return f"{answer} {short_title(estimate.device)}: {_gib_text(estimate.device_bytes)} in use, in {phase}"
