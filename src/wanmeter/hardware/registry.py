"""The packaged devices, and what people call them."""

import re
from functools import cache
from importlib import resources

from wanmeter.configs import option, option_names
from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.hardware.device import Device
from wanmeter.records import build

GROUP = "device"
"""The configuration group of devices."""

MAKERS = frozenset({"nvidia", "geforce"})
"""Words that the driver puts before a device's name."""


def device_names() -> tuple[str, ...]:
    """The packaged devices, sorted: `a100_sxm_40gb`, `a100_sxm_80gb`, ..."""
    return option_names(GROUP)


def device(name: str) -> Device:
    """A packaged device, by any of its names.

    Raises:
        InvalidValueError: `name` is not a text.
        UnknownNameError: no packaged device is called so.
        ConfigError: several are.
    """
    return _devices()[device_option(name)]


def device_option(given: str) -> str:
    """The packaged device that a name means, whatever its case and what is between its words.

    A name or an alias goes first (`a100`, `RTX4090`, `NVIDIA A100-SXM4-80GB`); then words of a name,
    in order (`4090`, `h100 sxm`).

    Raises:
        InvalidValueError: `given` is not a text.
        UnknownNameError: no packaged device is called so.
        ConfigError: several are.
    """
    if not isinstance(given, str):
        raise InvalidValueError(GROUP, given, "a name")
    called = _called()
    if (letters := _letters(given)) in called:
        return called[letters]
    if "/" in given:  # nobody's repository
        raise UnknownNameError(GROUP, given, device_names())
    return option(GROUP, given)


@cache
def _called() -> dict[str, str]:
    """The devices by the letters of their names and aliases."""
    return {
        _letters(called): name
        for name, each in _devices().items()
        for called in (name, *each.aliases)
    }


def _letters(text: str) -> str:
    """The letters and digits of a name, in small letters, without its maker's."""
    return "".join(word for word in re.findall(r"[^\W_]+", text.lower()) if word not in MAKERS)


@cache
def _devices() -> dict[str, Device]:
    """The packaged devices by name."""
    from omegaconf import OmegaConf  # slow to import

    folder = resources.files("wanmeter.configs").joinpath(GROUP)
    texts = {name: folder.joinpath(f"{name}.yaml").read_text() for name in device_names()}
    values = {name: OmegaConf.to_container(OmegaConf.create(each)) for name, each in texts.items()}
    return {name: build(Device, each) for name, each in values.items()}  # type: ignore[arg-type]
