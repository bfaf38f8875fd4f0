"""The time of an estimate as text: the answer, and the table of terms."""

from collections.abc import Iterator
from math import ceil

from wanmeter.estimation.amounts import plain_duration
from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.terms import Seconds, Term
from wanmeter.terminal import PlainTable

LEAST_SHARE = 0.005
"""Terms with less are shown together."""

FLOPS = ("matmul", "attention", "convolution", "cpu")
"""What is served in FLOPs; everything else is bytes."""


def per_unit(estimate: Estimate, seconds: Seconds) -> str:
    """The time of a step and of a second of video, the energy, and the price."""
    told = []
    if estimate.step_seconds:
        told.append(f"{plain_duration(estimate.step_seconds)} a step")
    if estimate.seconds_per_video_second:
        told.append(f"{plain_duration(estimate.seconds_per_video_second)} a second of video")
    if estimate.joules is not None:
        told.append(f"at most {_energy(estimate.joules)}")
    if estimate.price is not None:
        ends = [seconds.low, seconds.high]
        low, high = [f"{estimate.price * end / seconds.value:,.2f}" for end in ends]
        told.append(f"costs {estimate.price:,.2f} ({low} to {high})")
    return ", ".join(told)


def _energy(joules: float) -> str:
    """Energy, rounded up: it is an upper bound."""
    hours = joules / 3600
    if hours < 100:
        return f"{ceil(hours):,} Wh"
    return f"{ceil(hours / 10) / 100:,.2f} kWh"


def time_table(estimate: Estimate, seconds: Seconds) -> PlainTable:
    """The terms of each stage, with the share of each."""
    columns = ("stage", "served by", "work", "rate", "seconds", "share")
    table = PlainTable(columns, left=["stage", "served by"], drop=["rate", "work"])
    for row in _rows(estimate.terms or (), seconds.value):
        table.add_row(*row)
    return table


def has_row(term: Term, total: float) -> bool:
    """Whether a term is shown by itself."""
    return term.seconds >= LEAST_SHARE * total


def _rows(terms: tuple[Term, ...], total: float) -> Iterator[tuple[str, ...]]:
    rest = 0.0
    for stage in dict.fromkeys(term.stage for term in terms):
        own = sorted(
            (term for term in terms if term.stage == stage), key=lambda each: -each.seconds
        )
        name = stage
        for term in own:
            if not has_row(term, total):
                rest += term.seconds
                continue
            yield name, _served(term), _work(term), _rate(term), *_seconds(term.seconds, total)
            name = ""
    if rest:
        yield "the rest", "", "", "", *_seconds(rest, total)


def _served(term: Term) -> str:
    return term.term + {"published": "", "assumed": " *", "fitted": " **"}[term.origin]


def _work(term: Term) -> str:
    return scaled(term.work, "FLOP" if term.term.startswith(FLOPS) else "B")


def _rate(term: Term) -> str:
    reached = term.rate * term.wave_efficiency
    return scaled(reached, "FLOP/s" if term.term.startswith(FLOPS) else "B/s")


def scaled(number: float, unit: str) -> str:
    """A number in the power of 1,000 that reads: `468.2 PFLOP`."""
    prefixes = ["", "k", "M", "G", "T", "P", "E", "Z"]
    while number >= 999.5 and len(prefixes) > 1:
        number, prefixes = number / 1000, prefixes[1:]
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:,.{digits}f} {prefixes[0]}{unit}"


def _seconds(seconds: float, total: float) -> tuple[str, str]:
    return f"{seconds:,.1f}", f"{100 * seconds / total:.1f}%"
