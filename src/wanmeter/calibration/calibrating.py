"""`calibrate`: runs every benchmark on a machine. What fails is left out, with its reason."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from types import MappingProxyType
from typing import Protocol

from attrs import field, frozen

from wanmeter.calibration.benchmarks import Benchmark, Unmeasured, benchmarks, unmeasurable
from wanmeter.calibration.gpu import Gpu
from wanmeter.calibration.measuring import Measurement, Timer, sustained
from wanmeter.errors import ConfigError, shortened

MAX_REASON_CHARACTERS = 200
"""Of an exception: CUDA's go on with advice."""

MAX_SIGMA = 0.5
"""Relative sigma above which rounds say nothing."""


class Machine(Timer, Protocol):
    """A GPU that runs benchmarks."""

    @property
    def gpu(self) -> Gpu:
        """What is known of it."""

    def prepared(self, benchmark: Benchmark) -> AbstractContextManager[Callable[[], object]]:
        """A function that gives the GPU one call of a benchmark. Its tensors are freed at the end.

        Raises:
            Exception: whatever keeps the benchmark from running, memory that is too small among them.
        """


def _frozen_mapping(given: Mapping[Benchmark, Measurement]) -> Mapping[Benchmark, Measurement]:
    return MappingProxyType(dict(given))


@frozen(kw_only=True)
class Calibration:
    """What was measured, on which GPU and when; and what was not."""

    gpu: Gpu
    day: date
    measured: Mapping[Benchmark, Measurement] = field(converter=_frozen_mapping)
    unmeasured: tuple[Unmeasured, ...]


def calibrate(
    machine: Machine,
    *,
    seconds: float,
    day: date,
    starting: Callable[[Benchmark, Sequence[Benchmark]], object] = lambda benchmark, of: None,
) -> Calibration:
    """Measure what a machine's GPU sustains.

    Args:
        machine: runs the benchmarks.
        seconds: how long to measure each, at least.
        day: today, for the file.
        starting: is called before each benchmark, with all of them.

    Raises:
        ConfigError: nothing could be measured.
    """
    measured: dict[Benchmark, Measurement] = {}
    failed: list[Unmeasured] = []
    every = benchmarks(machine.gpu)
    for benchmark in every:
        starting(benchmark, every)
        try:
            with machine.prepared(benchmark) as run:
                made = sustained(run, benchmark.work, machine, seconds, benchmark.least_sigma)
        except Exception as error:  # kernels of third parties raise anything
            failed.append(Unmeasured(benchmark.rate, reason(error)))
            continue
        if made.relative_sigma > MAX_SIGMA:
            spread = f"rounds differ by {made.relative_sigma:.0%}; does something else use the GPU?"
            failed.append(Unmeasured(benchmark.rate, spread))
        else:
            measured[benchmark] = made
    if not measured:
        raise ConfigError("calibrate", f"nothing could be measured: {failed[0].reason}")
    return Calibration(
        gpu=machine.gpu,
        day=day,
        measured=measured,
        unmeasured=(*failed, *unmeasurable(machine.gpu)),
    )


def reason(error: Exception) -> str:
    """The first line of an exception, with its class."""
    lines = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__
    return shortened(said, MAX_REASON_CHARACTERS)
