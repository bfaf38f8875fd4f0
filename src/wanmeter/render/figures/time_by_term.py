"""The figure of an estimate's time: the seconds of each stage, by what serves them."""

from collections.abc import Sequence

from wanmeter.estimation import Estimate
from wanmeter.estimation.amounts import duration, plain_duration
from wanmeter.estimation.terms import Term
from wanmeter.render.figures.bars import Bar, Bars
from wanmeter.render.figures.figure import Figure
from wanmeter.render.figures.on_device import (
    KINDS,
    Kind,
    estimate_caption,
    gpus_title,
    kind_of,
    time_unit,
    timed,
)
from wanmeter.render.figures.percent import percent

LEFT, RIGHT = 1.2, 1.35
"""Margins beside the bars, in inches."""


def time_by_term(estimate: Estimate) -> Figure:
    """The time of each stage, split by what serves its work.

    Raises:
        InvalidValueError: there is no device, or it has no rates for the run.
    """
    device, run_time = timed(estimate)
    total = run_time.seconds
    size, unit = time_unit(total.value)
    seconds = _by_kind(run_time.terms)
    largest = max(seconds, key=lambda kind: seconds[kind])
    stages = dict.fromkeys(term.stage for term in run_time.terms)
    bars = tuple(
        [
            _bar(stage, [term for term in run_time.terms if term.stage == stage], total.value, size)
            for stage in stages
        ]
    )
    title = (
        f"{largest.takes} {percent(seconds[largest], total.value)} of"
        f" {plain_duration(total.value)} on {gpus_title(estimate, device)}"
    )
    names = {kind: f"{kind.name} {percent(each, total.value)}" for kind, each in seconds.items()}
    shown = Bars(
        axis=f"{unit}; in all {duration(total)}, with a probability of 80 %",
        bars=bars,
        left=LEFT,
        right=RIGHT,
        legend={name: kind.colour for kind, name in names.items()},
    )
    told = estimate_caption(estimate, run_time, title)
    alt = f"{title}; in all {duration(total)}. Of it: {', '.join(names.values())}. By stage: {shown.spoken}."
    return Figure(name="time-by-term", caption=told, alt=alt, draw=shown.draw)


def _by_kind(terms: Sequence[Term]) -> dict[Kind, float]:
    """The seconds of each kind that occurs, in the order of `KINDS`."""
    seconds = dict.fromkeys(KINDS.values(), 0.0)
    for term in terms:
        seconds[kind_of(term.term)] += term.seconds
    return {kind: each for kind, each in seconds.items() if each}


def _bar(stage: str, terms: Sequence[Term], total: float, size: float) -> Bar:
    by_kind = _by_kind(terms)
    own = sum(by_kind.values())
    return Bar(
        name=stage,
        lengths=tuple([seconds / size for seconds in by_kind.values()]),
        colours=tuple([kind.colour for kind in by_kind]),
        cells=(plain_duration(own), percent(own, total)),
    )
