"""Which rates a device can have, what bounds them, and what stands in the place of missing ones."""

import re

import pytest

from wanmeter import ConfigError, InvalidValueError, UnknownNameError
from wanmeter.execution.options import Attention
from wanmeter.hardware import Device, Rate, device, device_names
from wanmeter.hardware.rates import ATTENTION_PEAKS, BOUNDED, PEAKS, with_defaults
from wanmeter.records import build

RATE = {"value": 1e14, "relative_sigma": 0.05, "source": "measured"}
VALUES = {
    "name": "card",
    "title": "A card",
    "capacity_bytes": {"value": 2**34, "source": "a report"},
    "sms": {"value": 100, "source": "a datasheet"},
    "peaks": {"bf16": {"value": 2e14, "source": "a datasheet"}},
    "rates": {"matmul.bf16": RATE},
}


def made(**changes):
    return build(Device, {**VALUES, **changes})


@pytest.mark.parametrize("name", device_names())
def test_every_packaged_figure_has_a_source_and_no_rate_is_above_its_peak(name):
    """A source that a reader can open, or ASSUMED or FITTED with a reason."""
    packaged = device(name)
    assert set(packaged.peaks) == set(PEAKS) - ({"int8"} - set(packaged.peaks))
    figures = [packaged.sms, packaged.power_watts, *packaged.peaks.values()]
    for each in (*figures, *packaged.rates.values()):
        opens = re.search(
            r"https://\S+\.\S+|[\w.-]+/[\w.-]+(@[0-9a-f]{7,}| \S*/\S+| (issue|pull request) \d+)",
            each.source,
        )
        reasoned = each.origin != "published" and len(each.source) > 20
        assert opens or reasoned, each.source
    for rate in packaged.rates.values():
        assert rate.origin != "assumed" or rate.relative_sigma >= 0.1
    for key, rate in packaged.known_rates.items():
        if key in BOUNDED and BOUNDED[key] in packaged.peaks:
            assert rate.value <= packaged.peaks[BOUNDED[key]].value


@pytest.mark.parametrize("name", device_names())
def test_every_packaged_device_can_tell_the_time_on_one_gpu(name):
    known = device(name).known_rates
    needed = ["matmul.bf16", "matmul.fp32", "matmul.tf32", "convolution.fp32", "convolution.bf16"]
    assert {*needed, "dram", "host_copy.pageable", "host_copy.pinned", "cpu"} <= set(known)
    assert device(name).variants("attention")


def test_variants_of_what_no_rate_serves_are_refused():
    assert device("h100").variants("all_gather")
    assert device("h100").variants("dram") == ()
    with pytest.raises(UnknownNameError, match="did you mean 'attention'"):
        device("h100").variants("atention")


def test_every_attention_kernel_that_can_be_set_has_a_peak():
    assert set(ATTENTION_PEAKS) == set(Attention.__args__)


def test_a_rate_above_its_peak_is_refused():
    message = r"device\.rates\.matmul\.bf16\.value: got 300000000000000\.0; allowed: at most the peak, 2e\+14"
    with pytest.raises(InvalidValueError, match=message):
        made(rates={"matmul.bf16": {**RATE, "value": 3e14}})


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"rates": {"matmul.fp8": RATE}},
            UnknownNameError,
            "unknown rate of a device 'matmul.fp8'",
        ),
        ({"rates": {"all_to_all.1": RATE}}, UnknownNameError, "'all_to_all.1'"),
        ({"rates": {"dram": {**RATE, "source": ""}}}, InvalidValueError, r"rates\.dram\.source"),
        ({"rates": {"dram": 1e12}}, InvalidValueError, r"device\.rates\.dram: got"),
        ({"rates": [1]}, InvalidValueError, r"device\.rates: got \[1\]"),
        ({"peaks": {"fp64": RATE}}, UnknownNameError, "unknown peak of a device 'fp64'"),
        ({"sms": None}, ConfigError, r"device\.sms: missing"),
    ],
)
def test_a_wrong_figure_is_refused_by_its_place(changes, error, message):
    with pytest.raises(error, match=message):
        made(**changes)


def test_a_device_without_rates_needs_nothing_else():
    bare = made(rates={}, sms=None, peaks={})
    assert bare.known_rates == {}
    assert bare.variants("attention") == ()


def test_a_missing_convolution_is_a_share_of_a_product():
    """0.4 of 1e14."""
    rate = made().known_rates["convolution.bf16"]
    assert (rate.value, rate.origin) == (pytest.approx(4e13), "assumed")
    assert "convolution.fp32" not in made().known_rates  # it has no matmul.tf32


def test_what_a_file_has_goes_before_what_stands_in_its_place():
    own = Rate(value=9e9, relative_sigma=0.1, source="measured")
    known = with_defaults({"host_copy.pageable": own})
    assert known["host_copy.pageable"] is own
    assert known["cpu"].origin == "fitted"


def test_variants_are_those_of_one_kind():
    assert made(rates={"all_to_all.2": RATE, "all_to_all.8": RATE}).variants("all_to_all") == (
        "2",
        "8",
    )
