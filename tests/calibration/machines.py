"""A GPU of which every rate is known, and a clock that only its work moves."""

from contextlib import contextmanager

from attrs import evolve

from wanmeter.calibration import Gpu

H100 = Gpu(
    name="NVIDIA H100 80GB HBM3",
    capacity_bytes=84_943_715_696,
    free_bytes=80 * 10**9,
    sms=132,
    compute_capability="9.0",
    gpus=1,
    torch_version="2.13.0",
    cuda_version="12.8",
    packages={"flash_attn": "2.8.3"},
)


def having(**changes):
    """The same GPU, but for some attributes."""
    return evolve(H100, **changes)


class FakeTimer:
    """Time passes by `spend` alone."""

    def __init__(self):
        self.seconds = 100.0

    def now(self):
        return self.seconds

    def spend(self, seconds):
        self.seconds += seconds


class FakeMachine(FakeTimer):
    """Each call of a benchmark takes its work over the rate in `rates`; `failing` raise."""

    def __init__(self, gpu=H100, rate=1e12, rates=(), failing=()):
        super().__init__()
        self.gpu = gpu
        self.rate = rate
        self.rates = dict(rates)
        self.failing = dict(failing)
        self.running = None

    @contextmanager
    def prepared(self, benchmark):
        if benchmark.rate in self.failing:
            raise self.failing[benchmark.rate]
        seconds = benchmark.work / self.rates.get(benchmark.rate, self.rate)
        self.running = benchmark.rate
        yield lambda: self.spend(seconds)
        self.running = None
