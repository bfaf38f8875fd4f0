"""The operators as PyTorch runs them: on the CPU, and counted on the meta device. No GPU is needed."""

import os
import subprocess
import sys

import pytest

from tests.calibration.machines import having
from wanmeter.calibration import benchmarks
from wanmeter.calibration.operators import Attention, Convolution, Elementwise, HostCopy, Matmul

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]

SMALL = [
    *[Matmul(rows=6, inner=8, columns=4, dtype=dtype) for dtype in ("bf16", "tf32", "fp32")],
    Attention(kernel="sdpa", tokens=16, heads=2, head_dim=8),
    *[Elementwise(operator=name, rows=6, width=8) for name in ("copy", "add", "cast")],
    Convolution(channels=2, frames=4, height=6, width=8, kernel_size=3, dtype="fp32"),
    HostCopy(pinned=False, size_bytes=64),
]


def counted(operator):
    """The FLOPs that PyTorch counts for an operator, on the meta device."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from wanmeter.calibration.real import call_of

    call = call_of(operator, torch.device("meta"))
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


def test_flops_are_those_that_pytorch_counts():
    """At full size; other packages' kernels have the shapes of PyTorch's."""
    seen = 0
    for benchmark in benchmarks(having(packages={})):
        for operator in benchmark.operators:
            if not isinstance(operator, Elementwise | HostCopy):
                assert counted(operator) == operator.work, operator
                seen += 1
    assert seen == 3 * 2 + 1 + 2


@pytest.mark.parametrize("operator", SMALL, ids=str)
def test_operators_run(operator):
    import torch

    from wanmeter.calibration.real import call_of

    call = call_of(operator, torch.device("cpu"))
    made = call()
    assert torch.isfinite(made).all()
    assert call().shape == made.shape


def test_bytes_written_are_those_of_the_result():
    import torch

    from wanmeter.calibration.real import call_of

    for name, size in (("copy", 2), ("add", 2), ("cast", 4)):
        operator = Elementwise(operator=name, rows=6, width=8)
        made = call_of(operator, torch.device("cpu"))()
        assert made.nbytes == 6 * 8 * size
        read = operator.work - made.nbytes
        assert read == 2 * 6 * 8 + (2 * 8 if name == "add" else 0)


def test_only_one_benchmark_rounds_to_tf32():
    from wanmeter.calibration.real import uses_tf32

    assert [each.rate for each in benchmarks(having()) if uses_tf32(each)] == ["matmul.tf32"]


def test_packages_that_cannot_be_found_are_not_installed(monkeypatch):
    from wanmeter.calibration import real

    monkeypatch.setattr(real, "find_spec", lambda name: name == "sageattention" or None)
    monkeypatch.setattr(real, "version", lambda name: "2.2.0")
    assert real.installed_packages() == {"sageattention": "2.2.0"}


def test_without_a_gpu_it_says_so_in_one_line(tmp_path):
    """Also on a machine that has one, which is hidden here."""
    done = subprocess.run(
        [sys.executable, "-m", "wanmeter", "calibrate", "-o", "my_gpu.yaml"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 2
    assert done.stderr == (
        "Error: calibrate: no CUDA device; it measures the rates of the GPU that PyTorch finds\n"
    )
    assert os.listdir(tmp_path) == []


def test_a_machine_prepares_and_frees(monkeypatch):
    """On the CPU in the GPU's place: precision is set meanwhile, and tensors are gone afterwards."""
    import gc

    import torch

    from wanmeter.calibration import Benchmark
    from wanmeter.calibration.real import CudaMachine

    machine = CudaMachine.__new__(CudaMachine)
    machine._device = torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    benchmark = Benchmark(
        rate="matmul.tf32", operators=(Matmul(rows=3, inner=5, columns=7, dtype="tf32"),)
    )

    def alive():
        gc.collect()
        made = [each for each in gc.get_objects() if type(each) is torch.Tensor]
        return sum(tuple(each.shape) == (3, 5) for each in made)

    before = torch.get_float32_matmul_precision()
    with machine.prepared(benchmark) as run:
        assert torch.get_float32_matmul_precision() == "high"
        assert not torch.is_grad_enabled()
        run()
        assert alive() == 1
    assert torch.get_float32_matmul_precision() == before
    assert alive() == 0
