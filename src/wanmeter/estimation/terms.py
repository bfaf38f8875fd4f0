"""`Term`: seconds of one stage by what serves them; `Seconds`: the sum of terms, with a band."""

from collections.abc import Iterable, Mapping, Sequence
from math import exp, sqrt
from typing import Any, NamedTuple

from attrs import frozen

from wanmeter.estimation.timing import Timing
from wanmeter.execution.work import Work
from wanmeter.hardware.figure import Origin

MODEL_SIGMA = 0.03
"""What is left of the relative error where all rates are known.

CHOSEN in view of the official tables: cells that should agree with each other differ by 1 to 3 %.
"""

BAND_SIGMAS = 1.28
"""Half the width of a band that holds 80 % of a normal distribution, in sigmas."""


@frozen(kw_only=True)
class Term:
    """Seconds of one stage that one rate serves.

    Attributes:
        stage: the stage.
        term: the rate's name in the device's file.
        work: FLOPs or bytes of all passes.
        rate: what the device sustains, a second.
        wave_efficiency: the share of it that is left where the last wave of thread blocks is not full.
        hidden_seconds: what runs while other terms do, and is not in `seconds`.
        seconds: work / (rate x wave_efficiency) - hidden_seconds.
        relative_sigma: one sigma of the rate's relative error.
        origin: whether the rate was published, assumed or fitted.
    """

    stage: str
    term: str
    work: int
    rate: float
    wave_efficiency: float
    hidden_seconds: float
    seconds: float
    relative_sigma: float
    origin: Origin


class Seconds(NamedTuple):
    """How long a run takes, and the band that holds it with a probability of 80 %."""

    value: float
    low: float
    high: float


class Spent(NamedTuple):
    """Seconds of a term: on its own, and those of them that are hidden. Numbers or arrays."""

    alone: Any
    hidden: Any

    @property
    def seconds(self) -> Any:
        """What it adds to the run."""
        return self.alone - self.hidden


def spent(works: Iterable[Work], timing: Timing, largest: Any = max) -> dict[str, Spent]:
    """The seconds of a stage by the name of the rate that serves them.

    In a ring, keys and values go round while attention runs, but for its last step; weights that a stream
    brings come while kernels run. All else runs in turn. `largest` is `max`, or that of arrays.

    Approximation: attention to the text hides exchanges too. It is a few percent of all attention.
    """
    alone: dict[str, Any] = {}
    for work in works:
        name = timing.rate_of(work)
        alone[name] = alone.get(name, 0.0) + timing.seconds(work, largest)
    made = {name: Spent(seconds, 0.0) for name, seconds in alone.items()}
    if "send_recv" in alone:
        meanwhile = alone[f"attention.{timing.attention}"] * (timing.ring - 1) / timing.ring
        made["send_recv"] = _behind(alone["send_recv"], meanwhile, largest)
    if "host_copy.pinned" in alone:
        kernels = [each.seconds for name, each in made.items() if not name.startswith("host_copy")]
        made["host_copy.pinned"] = _behind(alone["host_copy.pinned"], sum(kernels), largest)
    return made


def _behind(seconds: Any, meanwhile: Any, largest: Any) -> Spent:
    return Spent(seconds, seconds - largest(seconds - meanwhile, 0.0))


def terms(work: Mapping[str, Sequence[Work]], timing: Timing) -> tuple[Term, ...]:
    """The terms of all stages."""
    made = []
    for stage, works in work.items():
        amounts: dict[str, int] = {}
        for each in works:
            name = timing.rate_of(each)
            amounts[name] = amounts.get(name, 0) + each.amount
        for name, seconds in spent(works, timing).items():
            rate = timing.rates[name]
            made.append(
                Term(
                    stage=stage,
                    term=name,
                    work=amounts[name],
                    rate=rate.value,
                    wave_efficiency=amounts[name] / rate.value / seconds.alone,
                    hidden_seconds=seconds.hidden,
                    seconds=seconds.seconds,
                    relative_sigma=rate.relative_sigma,
                    origin=rate.origin,
                )
            )
    return tuple(made)


def total(
    made: Iterable[Mapping[str, Spent]], timing: Timing, root: Any = sqrt, power: Any = exp
) -> Seconds:
    """The seconds of all stages, and their band. `root` and `power` are sqrt and exp, or those of arrays.

    Errors of one rate are the same in all stages; those of different rates are independent.
    """
    by_rate: dict[str, Any] = {}
    for stage in made:
        for name, each in stage.items():
            by_rate[name] = by_rate.get(name, 0.0) + each.seconds
    value = sum(by_rate.values())
    errors = [
        seconds * timing.rates[name].relative_sigma / value for name, seconds in by_rate.items()
    ]
    # Products, as arrays and numbers round powers differently.
    sigma = root(MODEL_SIGMA**2 + sum([error * error for error in errors]))
    return Seconds(value, value * power(-BAND_SIGMAS * sigma), value * power(BAND_SIGMAS * sigma))
