"""Rates over a known time: exact, sustained, and as uncertain as the rounds differ."""

from itertools import chain, repeat
from statistics import stdev

import pytest

from tests.calibration.machines import FakeTimer
from wanmeter.calibration import sustained

WORK = 6_000


def measured(durations, seconds=5.0, least_sigma=0.02):
    """What is measured of calls that take these seconds, the last one for ever."""
    timer = FakeTimer()
    calls = iter(durations)
    return timer, sustained(lambda: timer.spend(next(calls)), WORK, timer, seconds, least_sigma)


def test_a_known_duration_gives_the_exact_rate():
    """In binary: sums of eighths are exact."""
    _, made = measured(repeat(0.125))
    assert made.rate == WORK / 0.125
    assert made.relative_sigma == 0.02
    assert made.calls * 0.125 == made.seconds


@pytest.mark.parametrize("duration", [2**-10, 0.125, 1.0, 4.0, 32.0])
@pytest.mark.parametrize("seconds", [0.5, 5.0, 30.0])
def test_it_is_sustained_for_at_least_the_seconds(duration, seconds):
    timer, made = measured(repeat(duration), seconds)
    assert made.seconds >= seconds
    assert made.rounds >= 3
    assert timer.now() - 100 >= made.seconds + 0.2 * seconds  # and a warm-up before
    assert made.rate == WORK / duration


def test_it_is_not_much_longer_than_the_seconds():
    _, made = measured(repeat(2**-10))
    assert made.seconds < 5.0 * 13 / 12
    assert made.rounds == 12


def test_the_first_call_is_not_measured():
    _, made = measured(chain([100.0], repeat(0.125)))
    assert made.rate == WORK / 0.125
    assert made.seconds < 6


def test_warm_up_is_not_measured():
    """Boost clocks: the first second is twice as fast."""
    _, made = measured(chain(repeat(0.0625, 16), repeat(0.125)))
    assert made.rate == WORK / 0.125
    assert made.relative_sigma == 0.02


def test_the_rate_is_the_median_of_rounds():
    """One slow round of twelve moves the spread, not the rate."""
    _, made = measured(chain(repeat(0.5, 4), [5.0], repeat(0.5)))
    assert made.rate == WORK / 0.5
    assert made.relative_sigma > 0.02


def test_sigma_is_the_spread_of_rounds():
    """A round is one call here: of 1 second, and 2, and 4."""
    _, made = measured([1.0, 1.0, 1.0, 2.0, 4.0], seconds=5.0)
    rates = [WORK / 1.0, WORK / 2.0, WORK / 4.0]
    assert made.rounds == 3
    assert made.rate == WORK / 2.0
    assert made.relative_sigma == pytest.approx(stdev(rates) / (WORK / 2.0), rel=1e-12)


def test_sigma_is_not_below_the_least():
    assert measured(repeat(0.125), least_sigma=0.15)[1].relative_sigma == 0.15


def test_what_a_kernel_raises_is_raised():
    def run():
        raise RuntimeError("no kernel image")

    with pytest.raises(RuntimeError, match="no kernel image"):
        sustained(run, WORK, FakeTimer(), 5.0, 0.02)
