"""A device says how much memory it has and who reported it; what contradicts itself is refused."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from wanmeter import ConfigError, InvalidValueError, UnknownNameError
from wanmeter.hardware import ARCHITECTURES, Capacity, Device
from wanmeter.records import build
from wanmeter.units import GIB

VALUES = {
    "name": "card",
    "title": "A card",
    "architecture": "ada",
    "compute_capability": "8.9",
    "capacity_bytes": {"value": 24 * GIB, "source": "a report"},
}


def test_a_device_is_shown_on_one_line():
    assert repr(build(Device, VALUES)) == "<Device card: 24.00 GiB, no rates>"
    rate = {"value": 10**12, "relative_sigma": 0.1, "source": "a page"}
    rates = {"dram": rate, "cpu": rate}
    sms = {"value": 100, "source": "a page"}
    timed = build(Device, VALUES | {"rates": rates, "sms": sms})
    assert repr(timed) == "<Device card: 24.00 GiB, 2 rates>"


def test_a_device_is_built_from_plain_values():
    device = build(Device, VALUES)
    assert device.capacity_bytes == Capacity(value=24 * GIB, source="a report")
    assert device.aliases == ()
    assert build(Device, {**VALUES, "aliases": ["it"]}).aliases == ("it",)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", "", "device.name: got ''; allowed: a name"),
        ("architecture", "turing", "device.architecture: got 'turing'; allowed: ampere, ada"),
        ("compute_capability", 8.9, "device.compute_capability: got 8.9"),
        ("compute_capability", "9.0", "got '9.0'; allowed: 8.9: architecture is ada"),
        ("architecture", None, "got '8.9'; allowed: None: architecture is None"),
        ("aliases", "it", "device.aliases: got 'it'"),
    ],
)
def test_a_wrong_value_is_refused(key, value, message):
    with pytest.raises(InvalidValueError, match=message):
        build(Device, {**VALUES, key: value})


@pytest.mark.parametrize(
    ("capacity", "error", "message"),
    [
        ({"value": 1}, ConfigError, "device.capacity_bytes.source: missing"),
        ({"value": "1", "source": "a"}, InvalidValueError, "device.capacity_bytes.value: got '1'"),
        ({"value": 1.5, "source": "a"}, InvalidValueError, "device.capacity_bytes.value: got 1.5"),
        ({"value": 0, "source": "a"}, InvalidValueError, "a positive integer; nearest valid: 1"),
        ({"value": 1, "source": ""}, InvalidValueError, "device.capacity_bytes.source: got ''"),
        ({"value": 1, "source": "a", "sigma": 0}, UnknownNameError, "unknown key in device.cap"),
        (24, InvalidValueError, "device.capacity_bytes: got 24; allowed: a value and its source"),
    ],
)
def test_a_capacity_without_its_source_is_refused(capacity, error, message):
    with pytest.raises(error, match=message):
        build(Device, {**VALUES, "capacity_bytes": capacity})


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_architecture_has_its_own_compute_capabilities(architecture):
    for other, capabilities in ARCHITECTURES.items():
        for capability in capabilities:
            values = {**VALUES, "architecture": architecture, "compute_capability": capability}
            if other == architecture:
                assert build(Device, values).compute_capability == capability
            else:
                with pytest.raises(InvalidValueError, match=r"device\.compute_capability"):
                    build(Device, values)


def test_assumed_is_what_the_source_says():
    capacity = Capacity(value=1, source="a report")
    assert capacity.origin == "published"
    assert evolve(capacity, source="ASSUMED: nobody looked").origin == "assumed"


@given(gib=st.integers(1, 2**20))
def test_a_capacity_is_given_in_gib(gib):
    device = Device.of_capacity(gib)
    assert device.capacity_bytes.value == gib * 2**30
    assert (device.architecture, device.compute_capability) == (None, None)
    assert device == Device.of_capacity(float(gib))


@given(gib=st.floats(1e-6, 1e6))
def test_a_part_of_a_byte_is_not_counted(gib):
    value = Device.of_capacity(gib).capacity_bytes.value
    assert value <= gib * 2**30 < value + 1


def test_its_name_says_the_capacity():
    assert Device.of_capacity(24).name == "24 GiB"
    assert Device.of_capacity(23.6).title == "A device of 23.60 GiB"


@pytest.mark.parametrize(
    "gib", [0, -1, 1e-12, 2**33, 1e30, float("nan"), float("inf"), True, None, "24"]
)
def test_no_other_capacity_is_taken(gib):
    with pytest.raises(
        InvalidValueError, match=r"vram: got .*a positive number of GiB below 2\^33"
    ):
        Device.of_capacity(gib)
