"""What is measured on which GPU; every rate is either measured or said to be left out."""

import pytest

from tests.calibration.machines import H100, having
from wanmeter.calibration import benchmarks
from wanmeter.calibration.benchmarks import (
    IN_ONE_PROCESS,
    WITHOUT_BENCHMARK,
    sage_kernel,
    unmeasurable,
)
from wanmeter.hardware.rates import BOUNDED, UNBOUNDED

ALL_PACKAGES = {"flash_attn": "2.8.3", "flash_attn_interface": "3.0.0", "sageattention": "2.2.0"}


def by_rate(gpu):
    made = benchmarks(gpu)
    assert len({each.rate for each in made}) == len(made)
    return {each.rate: each for each in made}


def test_products_are_a_projection_and_a_feed_forward_layer():
    for dtype in ("bf16", "tf32", "fp32"):
        work = 2 * 32_760 * 5_120 * 5_120 + 2 * 32_760 * 5_120 * 13_824
        assert by_rate(H100)[f"matmul.{dtype}"].work == work


def test_attention_is_that_of_a_block():
    assert by_rate(H100)["attention.sdpa"].work == 4 * 32_760**2 * 40 * 128


def test_dram_is_a_copy_an_addition_and_a_cast_together():
    elements = 32_760 * 5_120
    copy, add, cast = 4 * elements, 4 * elements + 2 * 5_120, 6 * elements
    assert by_rate(H100)["dram"].work == copy + add + cast


def test_convolutions_keep_96_channels():
    for dtype in ("bf16", "fp32"):
        work = 2 * (96 * 4 * 480 * 832) * (96 * 27)
        assert by_rate(H100)[f"convolution.{dtype}"].work == work


def test_copies_are_of_a_gibibyte():
    for kind in ("pageable", "pinned"):
        assert by_rate(H100)[f"host_copy.{kind}"].work == 1024**3


@pytest.mark.parametrize(
    ("free_bytes", "heads"),
    [
        (80 * 10**9, 40),
        (8 * 32_760 * 40 * 128 * 2, 40),
        (8 * 32_760 * 40 * 128 * 2 - 1, 20),
        (10**9, 10),
        (0, 5),
    ],
)
def test_heads_are_those_that_fit(free_bytes, heads):
    made = by_rate(having(free_bytes=free_bytes))["attention.sdpa"]
    assert made.work == 4 * 32_760**2 * heads * 128


def test_attention_is_measured_with_each_kernel_that_is_installed():
    assert {"attention.sdpa", "attention.fa2"} <= set(by_rate(H100))
    gpu = having(packages=ALL_PACKAGES)
    attention = [name for name in by_rate(gpu) if name.startswith("attention.")]
    assert attention == ["attention.sdpa", "attention.fa2", "attention.fa3", "attention.sage2"]
    said = {each.rate: each.reason for each in unmeasurable(H100)}
    assert said["attention.fa3"] == "flash_attn_interface is not installed"
    assert "attention.fa2" not in said


@pytest.mark.parametrize(
    ("version", "capability", "kernel"),
    [
        ("1.0.6", "8.9", "sage"),
        ("", "8.9", "sage"),
        ("2.2.0", "8.0", "sage"),
        ("2.2.0", "8.6", "sage"),
        ("2.0.1", "8.9", "sage2"),
        ("2.1", "8.9", "sage2"),
        ("2.2.0+cu128", "8.9", "sage2pp"),
        ("2.2rc1", "12.0", "sage2pp"),
        ("2.2.0", "9.0", "sage2"),
        ("3.0", "12.0", "sage2pp"),
    ],
)
def test_sage_attention_picks_a_kernel_by_version_and_gpu(version, capability, kernel):
    assert sage_kernel(version, capability) == kernel


@pytest.mark.parametrize("sage", ["1.0.6", "2.1.1", "2.2.0"])
@pytest.mark.parametrize("capability", ["8.0", "8.9", "9.0"])
def test_every_rate_has_a_benchmark_or_a_reason(sage, capability):
    """Sage's other kernels are neither: one package has one for a GPU."""
    gpu = having(packages=ALL_PACKAGES | {"sageattention": sage}, compute_capability=capability)
    told = {*by_rate(gpu), *(each.rate for each in unmeasurable(gpu))}
    sages = {name for name in BOUNDED if name.startswith("attention.sage")}
    assert told - sages == {*BOUNDED, *UNBOUNDED, "all_to_all", "all_gather"} - sages
    assert len(told & sages) == 1


def test_collectives_need_several_gpus_and_several_processes():
    def said(gpus):
        return {each.rate: each.reason for each in unmeasurable(having(gpus=gpus))}

    assert said(1)["all_to_all"] == "there is one GPU"
    assert said(8)["all_to_all"] == IN_ONE_PROCESS
    assert "torchrun" in IN_ONE_PROCESS
    assert set(WITHOUT_BENCHMARK) <= set(said(1))
