"""`sustained`: how much work a second a GPU does for some seconds on end, and how much that varies."""

from collections.abc import Callable
from math import ceil
from statistics import median, stdev
from typing import Protocol

from attrs import frozen

WARM_UP = 0.2
"""Seconds of warm-up, of those measured. Kernels are loaded and chosen, and clocks fall to what power allows."""

ROUNDS = 12
"""Rounds that the seconds are split into; more if calls turn out to be quicker, fewer if one is longer."""

MIN_ROUNDS = 3
"""Rounds at least, however long a call takes: fewer have no spread."""


class Timer(Protocol):
    """A clock that waits for the GPU."""

    def now(self) -> float:
        """The time in seconds, read when everything that the GPU was given to do is done."""


@frozen(kw_only=True)
class Measurement:
    """What was measured.

    Attributes:
        rate: FLOPs or bytes a second, the median of rounds.
        relative_sigma: one standard deviation of the rounds' rates, over `rate`.
        seconds: how long the rounds took together.
        rounds: how many there were.
        calls: how many calls they had.
    """

    rate: float
    relative_sigma: float
    seconds: float
    rounds: int
    calls: int


def sustained(
    run: Callable[[], object], work: int, timer: Timer, seconds: float, least_sigma: float
) -> Measurement:
    """Repeat `run` for at least `seconds`, after a warm-up, and return the rate.

    Calls of a round are given to the GPU without waiting for each other, as a model does.

    Args:
        run: gives the GPU one call of the work.
        work: FLOPs or bytes of one call.
        timer: reads the time.
        seconds: how long to measure, at least.
        least_sigma: the least relative sigma that is returned.

    Raises:
        Exception: whatever `run` raises.
    """
    calls = ceil(seconds / ROUNDS / _warm(run, timer, WARM_UP * seconds))
    rates: list[float] = []
    started = ended = timer.now()
    while len(rates) < MIN_ROUNDS or ended - started < seconds:
        for _ in range(calls):
            run()
        before, ended = ended, timer.now()
        rates.append(calls * work / (ended - before))
    rate = median(rates)
    return Measurement(
        rate=rate,
        relative_sigma=max(least_sigma, stdev(rates) / rate),
        seconds=ended - started,
        rounds=len(rates),
        calls=calls * len(rates),
    )


def _warm(run: Callable[[], object], timer: Timer, seconds: float) -> float:
    """Repeat `run` for at least `seconds`, and return how long a call took, but for the first."""
    run()  # it loads kernels, and may try several
    started = ended = timer.now()
    calls = 0
    while not calls or ended - started < seconds:
        run()
        calls, ended = calls + 1, timer.now()
    return (ended - started) / calls
