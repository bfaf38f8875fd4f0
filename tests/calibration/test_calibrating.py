"""A whole calibration: what fails is left out, with its reason, and the rest goes on."""

from datetime import date

import pytest

from tests.calibration.machines import FakeMachine
from wanmeter.calibration import benchmarks, calibrate
from wanmeter.calibration.calibrating import MAX_REASON_CHARACTERS, reason
from wanmeter.errors import ConfigError

DAY = date(2026, 11, 26)


def calibrated(**machine):
    return calibrate(FakeMachine(**machine), seconds=5, day=DAY)


def rates(made):
    return {benchmark.rate: each.rate for benchmark, each in made.measured.items()}


def test_every_benchmark_gives_its_rate():
    given = {"matmul.bf16": 7e14, "dram": 2.7e12, "host_copy.pageable": 5e9}
    made = calibrated(rates=given)
    assert set(rates(made)) == {each.rate for each in benchmarks(made.gpu)}
    for name, rate in given.items():
        assert rates(made)[name] == pytest.approx(rate, rel=1e-9)


def test_each_is_sustained_for_the_seconds():
    for each in calibrated().measured.values():
        assert each.seconds >= 5


def test_what_fails_is_left_out_with_its_reason():
    failing = {
        "attention.fa2": ImportError("undefined symbol: _ZN3c10"),
        "convolution.fp32": MemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nSee more"),
    }
    made = calibrated(failing=failing)
    assert set(rates(made)) == {each.rate for each in benchmarks(made.gpu)} - set(failing)
    said = {each.rate: each.reason for each in made.unmeasured}
    assert said["attention.fa2"] == "ImportError: undefined symbol: _ZN3c10"
    assert said["convolution.fp32"] == ("MemoryError: CUDA out of memory. Tried to allocate 2 GiB.")
    assert said["attention.sage"] == "sageattention is not installed"


def test_rounds_that_differ_too_much_say_nothing():
    class Disturbed(FakeMachine):
        def now(self):
            if self.running == "dram":
                self.seconds *= 4  # each round is longer than the last
            return super().now()

    made = calibrate(Disturbed(), seconds=5, day=DAY)
    said = {each.rate: each.reason for each in made.unmeasured}
    assert "dram" not in rates(made)
    assert said["dram"].startswith("rounds differ by ")
    assert said["dram"].endswith("does something else use the GPU?")


def test_nothing_measured_is_an_error():
    names = [each.rate for each in benchmarks(FakeMachine().gpu)]
    failing = dict.fromkeys(names, RuntimeError("no kernel image is available"))
    with pytest.raises(ConfigError, match="nothing could be measured: RuntimeError: no kernel"):
        calibrated(failing=failing)


def test_an_interruption_is_none():
    with pytest.raises(KeyboardInterrupt):
        calibrated(failing={"dram": KeyboardInterrupt()})


def test_each_start_is_told():
    started = []
    machine = FakeMachine()
    calibrate(
        machine, seconds=1, day=DAY, starting=lambda each, every: started.append((each, every))
    )
    every = benchmarks(machine.gpu)
    assert started == [(each, every) for each in every]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AssertionError(), "AssertionError"),
        (ValueError("\n  a \n b"), "ValueError: a"),
        (RuntimeError("tab\there"), r"RuntimeError: tab\there"),
    ],
)
def test_a_reason_is_one_line(error, said):
    assert reason(error) == said


def test_a_reason_is_short():
    assert len(reason(RuntimeError("x" * 10_000))) <= MAX_REASON_CHARACTERS + len(" ... ")
