"""`Device`: one GPU. Every figure in it says where it is from."""

from collections.abc import Mapping
from functools import cached_property
from math import floor, isfinite
from types import MappingProxyType
from typing import Any, ClassVar

from attrs import Attribute, field, frozen
from attrs.validators import optional

from wanmeter.errors import ConfigError, InvalidValueError, UnknownNameError
from wanmeter.hardware.figure import Figure, Origin, Rate, figure, origin
from wanmeter.hardware.rates import BOUNDED, KINDS, PEAKS, require_known, with_defaults
from wanmeter.records import OPTIONAL, build
from wanmeter.units import BYTES, GIB, counted, readable
from wanmeter.validators import (
    MAX_INT,
    as_float,
    as_tuple,
    bounded_int,
    one_of,
    text,
    tuple_of_names,
    where,
)

ARCHITECTURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ampere": ("8.0", "8.6"),
        "ada": ("8.9",),
        "hopper": ("9.0",),
        "blackwell": ("10.0", "10.3", "12.0", "12.1"),
    }
)
"""The compute capabilities of each architecture. Source: https://developer.nvidia.com/cuda-gpus"""


@frozen(kw_only=True)
class Capacity:
    """A device's memory in bytes, and its source: who reported it, on what, in which words.

    It is what `torch.cuda.get_device_properties(0).total_memory` gives: less than the card has, since the
    driver keeps some, and with another driver slightly more or less. Most sources are messages of PyTorch.
    One that a device ran out of memory prints GiB to two decimals, and a device's properties are printed in
    whole MiB: `value` is that number in bytes, rounded down.
    """

    SECTION: ClassVar[str] = "device.capacity_bytes"

    value: int = field(validator=bounded_int)
    source: str = field(validator=text)

    @property
    def origin(self) -> Origin:
        """Where it is from."""
        return origin(self.source)


def _as_capacity(value: Any) -> Any:
    """Build a `Capacity` from its fields; leave anything else to the validator."""
    return build(Capacity, value) if isinstance(value, Mapping) else value


def _sourced(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but a `Capacity`."""
    if not isinstance(value, Capacity):
        raise InvalidValueError(where(instance, attribute), value, "a value and its source")


def _peaks(given: Any) -> Any:
    """Build the peaks; leave what is no mapping to the validator."""
    if not isinstance(given, Mapping):
        return given
    for name in given:
        if name not in PEAKS:
            raise UnknownNameError("peak of a device", name, PEAKS)
    return MappingProxyType(
        {name: figure(f"device.peaks.{name}", Figure, each) for name, each in given.items()}
    )


def _rates(given: Any) -> Any:
    """Build the rates; leave what is no mapping to the validator."""
    if not isinstance(given, Mapping):
        return given
    for name in given:
        require_known(name)
    return MappingProxyType(
        {name: figure(f"device.rates.{name}", Rate, each) for name, each in given.items()}
    )


def _mapping(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse anything but a mapping."""
    if not isinstance(value, Mapping):
        raise InvalidValueError(where(instance, attribute), value, "a mapping of names to figures")


def _sms(given: Any) -> Figure | None:
    return None if given is None else figure("device.sms", Figure, given)


def _power_watts(given: Any) -> Figure | None:
    return None if given is None else figure("device.power_watts", Figure, given)


@frozen(kw_only=True)
class Device:
    """A GPU. Of one that is given by its memory alone nothing else is known.

    Attributes:
        name: its packaged name.
        title: what people call it.
        architecture: NVIDIA's name of its generation.
        compute_capability: CUDA's number of that.
        capacity_bytes: its memory.
        sms: streaming multiprocessors, over which kernels are spread.
        power_watts: the most power that the board takes.
        peaks: what it cannot exceed, in FLOPs or bytes a second, at its maximum boost clock.
        rates: what it sustains. Without any, no seconds can be told.
        aliases: other names that people give it, besides those that the words of `name` make.
    """

    SECTION: ClassVar[str] = "device"

    name: str = field(validator=text)
    title: str = field(validator=text)
    architecture: str | None = field(default=None, validator=optional(one_of(ARCHITECTURES)))
    compute_capability: str | None = field(default=None, validator=optional(text))
    capacity_bytes: Capacity = field(converter=_as_capacity, validator=_sourced)
    sms: Figure | None = field(default=None, converter=_sms)
    power_watts: Figure | None = field(default=None, converter=_power_watts)
    peaks: Mapping[str, Figure] = field(
        factory=dict, converter=_peaks, validator=_mapping, hash=False
    )
    rates: Mapping[str, Rate] = field(
        factory=dict, converter=_rates, validator=_mapping, hash=False
    )
    aliases: tuple[str, ...] = field(
        default=(), converter=as_tuple, validator=tuple_of_names, metadata=OPTIONAL
    )

    def __attrs_post_init__(self) -> None:
        """Refuse a compute capability that the architecture does not have, and a rate above its peak."""
        known = (None,) if self.architecture is None else ARCHITECTURES[self.architecture]
        if self.compute_capability not in known:
            allowed = f"{' or '.join(map(str, known))}: architecture is {self.architecture}"
            raise InvalidValueError("device.compute_capability", self.compute_capability, allowed)
        for name, rate in self.rates.items():
            peak = self.peaks.get(BOUNDED.get(name, ""))
            if peak is not None and rate.value > peak.value:
                allowed = f"at most the peak, {peak.value:g}: no device exceeds it"
                raise InvalidValueError(f"device.rates.{name}.value", rate.value, allowed)
        if self.rates and self.sms is None:
            raise ConfigError("device.sms", "missing; a device with rates needs it")

    def __repr__(self) -> str:
        rates = counted(len(self.rates), "rate") if self.rates else "no rates"
        return f"<Device {self.name}: {readable(self.capacity_bytes.value, BYTES)}, {rates}>"

    @cached_property
    def known_rates(self) -> Mapping[str, Rate]:
        """All rates, with those that stand in the place of missing ones."""
        return with_defaults(self.rates) if self.rates else {}

    def variants(self, served_by: str) -> tuple[str, ...]:
        """What the device has rates for, of one kind: `fa2` and `fa3` of `attention`.

        Raises:
            UnknownNameError: no rate is of this kind.
        """
        if served_by not in KINDS:
            raise UnknownNameError("kind of rates", served_by, KINDS)
        prefix = f"{served_by}."
        return tuple(name[len(prefix) :] for name in self.known_rates if name.startswith(prefix))

    @classmethod
    def of_capacity(cls, gib: float) -> "Device":
        """A device of which only the memory is known: `gib` GiB, as PyTorch reports them.

        A "24 GB" card has less than 24 GiB; to ask about one, choose it by its name.

        Raises:
            InvalidValueError: `gib` is not a positive number, or less than a byte.
        """
        number = float(gib) if isinstance(gib, float) else as_float(gib)  # numpy's are floats
        fits = type(number) is float and isfinite(number)
        size = floor(number * GIB) if fits else 0
        if not 0 < size <= MAX_INT:
            raise InvalidValueError("vram", gib, "a positive number of GiB below 2^33")
        capacity = Capacity(value=size, source="given")
        return cls(
            name=f"{number:g} GiB", title=f"A device of {number:,.2f} GiB", capacity_bytes=capacity
        )
