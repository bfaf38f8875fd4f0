"""The packaged devices, and what people call them."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from wanmeter.configs import option, option_names
from wanmeter.errors import ConfigError, InvalidValueError, UnknownNameError, WanmeterError
from wanmeter.hardware.device import Device
from wanmeter.records import build

GROUP = "device"
"""The configuration group of devices."""

SUFFIXES = (".yaml", ".yml")
"""How the path of a device's file ends."""

MAKERS = frozenset({"nvidia", "geforce"})
"""Words that the driver puts before a device's name."""


def device_names() -> tuple[str, ...]:
    """The packaged devices, sorted: `a100_sxm_40gb`, `a100_sxm_80gb`, ..."""
    return option_names(GROUP)


def device(name: str) -> Device:
    """A packaged device, by any of its names, or the one of a file (`my_gpu.yaml`).

    Raises:
        InvalidValueError: `name` is not a text.
        UnknownNameError: no packaged device is called so.
        ConfigError: several devices are called so, or the file is none of a device.
    """
    if isinstance(name, str) and name.endswith(SUFFIXES):
        return _from_file(Path(name))
    return _device(device_option(name))


def device_option(given: str) -> str:
    """The packaged device that a name means, whatever its case and what is between its words.

    That is a name, words of one in order (`4090`, `h100 sxm`), or an alias (`a100`, `RTX4090`,
    `NVIDIA A100-SXM4-80GB`).

    Raises:
        InvalidValueError: `given` is not a text.
        UnknownNameError: no packaged device is called so.
        ConfigError: several are.
    """
    if not isinstance(given, str):
        raise InvalidValueError(GROUP, given, "a name")
    problem: WanmeterError = UnknownNameError(GROUP, given, device_names())
    try:
        if "/" not in given:  # nobody's repository
            return option(GROUP, given)
    except (UnknownNameError, ConfigError) as error:
        problem = error
    # Aliases are in the files, which take time to read; no alias has the words of another device's name.
    called = _called()
    if (letters := _letters(given)) in called:
        return called[letters]
    if isinstance(problem, ConfigError):
        raise problem
    aliases = [alias for name in device_names() for alias in _device(name).aliases]
    raise UnknownNameError(GROUP, given, (*device_names(), *aliases), "`wanmeter list devices`")


@cache
def _called() -> dict[str, str]:
    """The devices by the letters of their names and aliases."""
    return {
        _letters(called): name
        for name in device_names()
        for called in (name, *_device(name).aliases)
    }


def _letters(text: str) -> str:
    """The letters and digits of a name, in small letters, without its maker's."""
    return "".join(word for word in re.findall(r"[^\W_]+", text.lower()) if word not in MAKERS)


@cache
def _device(name: str) -> Device:
    """A packaged device, from its file."""
    from omegaconf import OmegaConf  # slow to import

    file = resources.files("wanmeter.configs").joinpath(GROUP, f"{name}.yaml")
    return build(Device, OmegaConf.to_container(OmegaConf.create(file.read_text())))  # type: ignore[arg-type]


def _from_file(path: Path) -> Device:
    """A user's own device."""
    from omegaconf import OmegaConf  # slow to import
    from yaml import YAMLError  # type: ignore[import-untyped]

    try:
        values = OmegaConf.to_container(OmegaConf.create(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(str(path), error.strerror or "cannot be read") from error
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(str(path), "no YAML document") from error
    if not isinstance(values, Mapping):
        raise ConfigError(str(path), "not a mapping of a device's keys")
    if values.get("name") in device_names():
        problem = f"name: {values['name']} is a packaged device; call yours something else"
        raise ConfigError(str(path), problem)
    try:
        return build(Device, values)
    except WanmeterError as error:
        raise ConfigError(str(path), str(error)) from error
