"""The packaged devices: each figure has a source, and each name means one device."""

import re
from fractions import Fraction

import pytest

from wanmeter import ConfigError, InvalidValueError, UnknownNameError
from wanmeter.configs import option
from wanmeter.hardware import device, device_names, device_option
from wanmeter.hardware.registry import GROUP
from wanmeter.units import GIB


def letters(name):
    return "".join(re.findall(r"[a-z0-9]+", name.lower()))


@pytest.mark.parametrize("name", device_names())
def test_a_packaged_device_is_called_as_its_file(name):
    assert device(name).name == name == device_option(name)


@pytest.mark.parametrize("name", device_names())
def test_a_capacity_is_the_number_in_its_source(name):
    """GiB are printed to two decimals, properties in whole MiB: either is rounded down to bytes."""
    capacity = device(name).capacity_bytes
    if capacity.origin == "assumed":
        assert capacity.source.startswith("ASSUMED: ")
        return
    number, unit = re.match(r"([\d.,]+) (GiB|MiB): ", capacity.source).groups()
    size = Fraction(number.replace(",", "")) * {"GiB": GIB, "MiB": 2**20}[unit]
    assert capacity.value == size.numerator // size.denominator


@pytest.mark.parametrize("name", device_names())
def test_a_capacity_is_below_what_the_card_is_sold_with(name):
    """And no more than a tenth below it. 80 GB mean 80 GiB here: HBM is sold in GiB, if not called so."""
    sold = {"b200": 192, "gb200": 192, "l40s": 48, "rtx_3090": 24, "rtx_4090": 24, "rtx_5090": 32}
    found = re.search(r"(\d+) GB", device(name).title)
    gib = int(found[1]) if found else sold[name]
    assert 0.9 * gib * GIB < device(name).capacity_bytes.value < gib * GIB


def test_only_the_h800_is_assumed_and_as_the_h100():
    assumed = [name for name in device_names() if device(name).capacity_bytes.origin == "assumed"]
    assert assumed == ["h800_sxm_80gb"]
    h100 = device("h100").capacity_bytes.value
    assert device("h800").capacity_bytes.value == h100


def test_no_two_devices_are_called_the_same():
    called = [letters(each) for name in device_names() for each in (name, *device(name).aliases)]
    assert len(called) == len(set(called))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a100", "a100_sxm_80gb"),
        ("A100-SXM-80GB", "a100_sxm_80gb"),
        ("a100 80gb", "a100_sxm_80gb"),
        ("a100_40gb", "a100_sxm_40gb"),
        ("a800", "a800_sxm_80gb"),
        ("h100", "h100_sxm_80gb"),
        ("h100 sxm", "h100_sxm_80gb"),
        ("H800", "h800_sxm_80gb"),
        ("h200", "h200_sxm_141gb"),
        ("h20", "h20_96gb"),
        ("H20 96GB", "h20_96gb"),
        ("3090", "rtx_3090"),
        ("4090", "rtx_4090"),
        ("RTX4090", "rtx_4090"),
        ("rtx-5090", "rtx_5090"),
        ("L40S", "l40s"),
        ("b200", "b200"),
        ("GB200", "gb200"),
        ("rtx-pro-6000", "rtx_pro_6000"),
        ("pro 6000", "rtx_pro_6000"),
    ],
)
def test_a_device_is_found_by_what_people_call_it(given, name):
    assert device_option(given) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("NVIDIA A100-SXM4-40GB", "a100_sxm_40gb"),
        ("NVIDIA A100-SXM4-80GB", "a100_sxm_80gb"),
        ("NVIDIA A800-SXM4-80GB", "a800_sxm_80gb"),
        ("NVIDIA H100 80GB HBM3", "h100_sxm_80gb"),
        ("NVIDIA H800", "h800_sxm_80gb"),
        ("NVIDIA H200", "h200_sxm_141gb"),
        ("NVIDIA H20", "h20_96gb"),
        ("NVIDIA GeForce RTX 3090", "rtx_3090"),
        ("NVIDIA GeForce RTX 4090", "rtx_4090"),
        ("NVIDIA GeForce RTX 5090", "rtx_5090"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA B200", "b200"),
        ("NVIDIA GB200", "gb200"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "rtx_pro_6000"),
    ],
)
def test_a_device_is_found_by_what_pytorch_calls_it(given, name):
    """By `torch.cuda.get_device_name()`."""
    assert device_option(given) == name


@pytest.mark.parametrize(
    "given",
    ["l40", "RTX 4090 D", "RTX 3090 Ti", "H100 PCIe", "h20-141gb", "NVIDIA", "", "Wan-AI/h100"],
)
def test_another_card_is_not_taken_for_a_packaged_one(given):
    with pytest.raises(UnknownNameError, match=f"unknown device '{given}'"):
        device(given)


@pytest.mark.parametrize(("given", "count"), [("80gb", 4), ("sxm", 6), ("rtx", 4)])
def test_a_name_that_several_have_is_refused_with_all_of_them(given, count):
    with pytest.raises(ConfigError, match=f"device: '{given}' could be ") as caught:
        device(given)
    assert len(caught.value.problem.split(", ")) == count


@pytest.mark.parametrize("given", [None, 4090, ["h100"], b"h100"])
def test_a_name_is_a_text(given):
    with pytest.raises(InvalidValueError, match=f"{GROUP}: got .*; allowed: a name"):
        device(given)


FILE = """
name: mine
title: My card
capacity_bytes: {value: 8000000000, source: nvidia-smi}
sms: {value: 20, source: a datasheet}
rates:
  dram: {value: 3.0e+11, relative_sigma: 0.1, source: measured}
"""


def test_a_device_of_a_users_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    made = device(str(path))
    assert (made.name, made.rates["dram"].value) == ("mine", 3e11)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (FILE.replace(", source: measured", ""), ConfigError, r"rates\.dram\.source: missing"),
        (FILE.replace("dram:", "ram:"), ConfigError, r"mine\.yaml: unknown rate of a device 'ram'"),
        (FILE.replace("name: mine", "name: h100_sxm_80gb"), ConfigError, "is a packaged device"),
        (FILE.replace("title: My card", ""), ConfigError, r"device\.title: missing"),
        ("a: [", ConfigError, "no YAML document"),
        ("- 1", ConfigError, "not a mapping"),
        ("", ConfigError, "missing"),
    ],
)
def test_a_file_that_is_no_device_is_refused(tmp_path, text, error, message):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(error, match=message):
        device(str(path))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: No such file"):
        device("nowhere.yaml")


@pytest.mark.parametrize("name", device_names())
def test_no_alias_has_the_words_of_another_device(name):
    """Words are tried before the files are read that have the aliases."""
    for called in (name, *device(name).aliases):
        try:
            assert option(GROUP, called) == name
        except (UnknownNameError, ConfigError):
            assert device_option(called) == name
