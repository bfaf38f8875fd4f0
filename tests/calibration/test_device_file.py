"""The device's file: read back, it is what was measured; every figure says from where."""

from datetime import date

import pytest

from tests.calibration.machines import H100, FakeMachine, having
from wanmeter import estimate
from wanmeter.calibration import calibrate, to_yaml
from wanmeter.calibration.device_file import COLUMNS, to_device
from wanmeter.hardware import device

RATES = {
    "matmul.bf16": 7.104321e14,
    "matmul.tf32": 1e15,
    "attention.fa2": 3.3e14,
    "attention.sdpa": 3.5e14,
    "dram": 2.7e12,
    "host_copy.pageable": 4.5e9,
}


def calibrated(gpu=H100, **machine):
    machine = FakeMachine(gpu, rates=RATES, **machine)
    return calibrate(machine, seconds=5, day=date(2026, 11, 26))


def written(made, folder):
    path = folder / "my_gpu.yaml"
    path.write_text(to_yaml(made), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name",
    [
        "NVIDIA H100 80GB HBM3",
        "NVIDIA GeForce RTX 4090",
        'a "name": # of - {words}',
        "two  spaces",
        "Grafik 模",
        "!",
        "no",
        "tab\tbell\a",
    ],
)
def test_a_file_that_is_read_back_is_the_device(tmp_path, name):
    made = calibrated(having(name=name))
    assert device(str(written(made, tmp_path))) == to_device(made)


def test_rates_are_those_measured_to_four_digits():
    rates = to_device(calibrated()).rates
    assert rates["matmul.bf16"].value == 7.104e14
    assert rates["matmul.tf32"].value == 1e15
    assert rates["host_copy.pageable"].value == 4.5e9


def test_properties_are_pytorchs():
    made = to_device(calibrated())
    assert made.title == "NVIDIA H100 80GB HBM3"
    assert made.name == "nvidia_h100_80gb_hbm3"
    assert (made.architecture, made.compute_capability) == ("hopper", "9.0")
    assert made.capacity_bytes.value == 84_943_715_696
    assert made.sms.value == 132


def test_another_generation_has_no_architecture(tmp_path):
    made = calibrated(having(compute_capability="7.5"))
    read = device(str(written(made, tmp_path)))
    assert (read.architecture, read.compute_capability) == (None, None)


def test_every_figure_says_what_was_measured_and_on_what():
    made = to_device(calibrated())
    on = "measured by wanmeter calibrate on NVIDIA H100 80GB HBM3, torch 2.13.0, CUDA 12.8: 2026-11-26"
    for each in (made.capacity_bytes, made.sms, *made.rates.values()):
        assert each.source.startswith(on)
        assert each.origin == "published"
    assert made.capacity_bytes.source.endswith("torch.cuda.get_device_properties: total_memory")
    source = made.rates["attention.fa2"].source
    assert " s, 1" in source
    assert " rounds: flash_attn 2.8.3, 32760 tokens, 40 heads, head_dim 128, no mask; " in source
    assert source.endswith("at least 0.02 (assumed)")


def test_no_peak_is_written():
    """A rate above a peak cannot be: there are no peaks."""
    made = to_device(calibrated())
    assert made.peaks == {}
    assert made.power_watts is None


def test_what_was_not_measured_is_said_at_the_top():
    text = to_yaml(calibrated(failing={"convolution.bf16": RuntimeError("not supported")}))
    head = text[: text.index("\nname: ")].splitlines()
    assert all(line.startswith("#") for line in head)
    assert "#   convolution.bf16: RuntimeError: not supported" in head
    assert "#   attention.fa3: flash_attn_interface is not installed" in head
    assert "#   all_to_all: there is one GPU" in head
    assert "\n  convolution.bf16:" not in text


def test_lines_are_as_wide_as_those_of_packaged_files():
    assert max(map(len, to_yaml(calibrated()).splitlines())) <= COLUMNS


def test_an_estimate_takes_the_file(tmp_path):
    """What was not measured is filled with the package's defaults."""
    made = calibrated(failing={"host_copy.pageable": RuntimeError("no")})
    path = str(written(made, tmp_path))
    told = estimate("wan2_1_t2v_1_3b", device=path, overrides=["profile.attention=fa2"])
    assert told.seconds.value > 0
    assert device(path).known_rates["host_copy.pageable"].origin == "fitted"
