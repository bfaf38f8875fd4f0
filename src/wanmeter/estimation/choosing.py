"""What is chosen beside the run: profile, placement, parallelism and device, by overrides or names."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import Any, cast

from attrs import fields, frozen

from wanmeter.configs import option, packaged_sections
from wanmeter.errors import ConfigError, InvalidValueError, UnknownNameError
from wanmeter.execution.options import ParallelOptions, PlacementOptions, ProfileOptions
from wanmeter.hardware import Device
from wanmeter.hardware import device as packaged
from wanmeter.keys import QUOTES
from wanmeter.records import build
from wanmeter.validators import as_float

SECTIONS: Mapping[str, type[Any]] = MappingProxyType(
    {each.SECTION: each for each in (ProfileOptions, PlacementOptions, ParallelOptions)}
)
"""The sections of an execution's configuration, and the class of each."""

DEVICE = "device"
"""The group of devices. Its options are read as they are; no keys of theirs can be set."""

PRICE = "price_per_hour"
"""The key of what a GPU costs for an hour."""

PLACEMENT = MappingProxyType({"official": "official"})
"""The placement of a profile; `resident` if it is not among these."""


@frozen(kw_only=True)
class Choice:
    """The options of an execution, the device and its price; the overrides that are left are the run's."""

    profile: ProfileOptions
    placement: PlacementOptions
    parallel: ParallelOptions
    device: Device | None
    price_per_hour: float | None
    overrides: tuple[str, ...]


def choose(
    overrides: Iterable[str],
    device: str | Device | None = None,
    price_per_hour: float | None = None,
    **names: str | None,
) -> Choice:
    """Split overrides into those of the execution and those of the run, and build the former's options.

    `names` are options by group: `profile="diffusers"`.

    Raises:
        UnknownNameError: an unknown option or key.
        InvalidValueError: a value that is not allowed.
        ConfigError: an override that cannot be parsed, or a group that is chosen twice.
    """
    chosen = {group: name for group, name in names.items() if name is not None}
    for group, name in chosen.items():
        if not isinstance(name, str):
            raise InvalidValueError(group, name, "a name")
    own, rest = [], []
    gpu, price = device, price_per_hour
    for text in overrides:
        key, equals, value = text.partition("=")
        key, name = key.strip(), value.strip().strip(QUOTES)
        given = {DEVICE: device, PRICE: price_per_hour, **names}.get(key)
        if equals and given is not None:
            raise ConfigError(key, "chosen twice, by an argument and by an override; leave one out")
        if equals and key == DEVICE:
            if "," in name:
                problem = "several devices; an estimate is of one, and so is a sweep: give one"
                raise ConfigError(text, problem)
            gpu = name
        elif equals and key == PRICE:
            price = _price(name)
        elif equals and key in SECTIONS:
            chosen[key] = name
        elif equals and (full := _full_key(key)) is not None:
            own.append(f"{full}={value}")
        else:
            rest.append(text)
    groups = {group: option(group, name) for group, name in chosen.items()}
    if "profile" in groups and "placement" not in groups:
        groups["placement"] = PLACEMENT.get(groups["profile"], "resident")
    texts = [*(f"{group}={name}" for group, name in groups.items()), *own]
    sections = packaged_sections(texts, "execution") or _composed(tuple(texts))
    profile, placement, parallel = [build(cls, sections[name]) for name, cls in SECTIONS.items()]
    return Choice(
        profile=profile,
        placement=placement,
        parallel=parallel,
        device=packaged(gpu) if isinstance(gpu, str) else gpu,
        price_per_hour=None if price is None else _price(price),
        overrides=tuple(rest),
    )


def _price(given: object) -> float:
    """A price in any currency.

    Raises:
        InvalidValueError: it is not a positive number.
    """
    try:
        price = float(given) if isinstance(given, str) else as_float(given)
    except ValueError:
        price = given
    if not (isinstance(price, float) and isfinite(price) and price > 0):
        raise InvalidValueError(PRICE, given, "a positive number, for one GPU")
    return price


def _full_key(key: str) -> str | None:
    """A key of an execution with its section; `None` if it is a key of the run, or none at all."""
    section, dot, name = key.rpartition(".")
    if section == DEVICE or key.startswith(f"{DEVICE}."):
        raise ConfigError(key, "a device has no keys to set; choose one by name")
    if dot:
        if section not in SECTIONS:
            return None
        known = tuple(f"{section}.{each}" for each in _keys(section))
        if key not in known:
            raise UnknownNameError("key", key, known)
        return key
    having = [each for each in SECTIONS if name != "name" and name in _keys(each)]
    return f"{having[0]}.{name}" if having else None


def executes(override: str) -> bool:
    """Whether an override is one of an execution: of the device, the price, or a key of `SECTIONS`."""
    key = override.partition("=")[0].strip()
    return key in (DEVICE, PRICE, *SECTIONS) or _full_key(key) is not None


def execution_keys() -> tuple[str, ...]:
    """The keys of an execution, without their sections."""
    return (*[key for section in SECTIONS for key in _keys(section)], PRICE)


def _keys(section: str) -> tuple[str, ...]:
    return tuple(each.name for each in fields(SECTIONS[section]) if each.name != "name")


@lru_cache(maxsize=128)
def _composed(texts: tuple[str, ...]) -> Mapping[str, Mapping[str, Any]]:
    # Hydra is slow to import.
    from wanmeter.composition import compose_sections

    return cast(
        Mapping[str, Mapping[str, Any]],
        compose_sections(texts, "execution", lambda key: key in SECTIONS or _full_key(key)),
    )
