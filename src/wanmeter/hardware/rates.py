"""The rates that a device can have: what each serves, which peak bounds it, and what stands in its place."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, cast

from attrs import frozen

from wanmeter.errors import UnknownNameError
from wanmeter.hardware.figure import Rate
from wanmeter.records import build

PEAKS = ("bf16", "tf32", "fp32", "int8", "dram")
"""Peaks of a device: of matrix units by element type (`int8` is any of 8 bits), vector units, and memory."""

ATTENTION_PEAKS: Mapping[str, str] = MappingProxyType(
    {
        "fa2": "bf16",
        "fa3": "bf16",
        "fa3_fp8": "int8",
        "fa4": "bf16",
        "sage": "int8",
        "sage2": "int8",
        "sage2pp": "int8",
        "sdpa": "bf16",
    }
)
"""The attention kernels, and the peak of the smallest elements that each multiplies."""

BOUNDED: Mapping[str, str] = MappingProxyType(
    {
        "matmul.bf16": "bf16",
        "matmul.tf32": "tf32",
        "matmul.fp32": "fp32",
        **{f"attention.{kernel}": peak for kernel, peak in ATTENTION_PEAKS.items()},
        "convolution.bf16": "bf16",
        "convolution.fp32": "tf32",
        "dram": "dram",
    }
)
"""The rates that a peak bounds. cuDNN runs convolutions of float32 in TF32, unless it is told not to."""

UNBOUNDED = ("send_recv", "host_copy.pageable", "host_copy.pinned", "cpu")
"""The other rates, besides those of collectives by the number of GPUs: `all_to_all.8`, `all_gather.8`."""

COLLECTIVE = re.compile(r"(all_to_all|all_gather)\.([2-9]|[1-9]\d+)")

KINDS = (
    *dict.fromkeys([name.partition(".")[0] for name in (*BOUNDED, *UNBOUNDED)]),
    *("all_to_all", "all_gather"),
)
"""What rates serve: the first parts of their names."""


def require_known(name: str) -> None:
    """Refuse a rate that serves nothing.

    Raises:
        UnknownNameError: there is no such rate.
    """
    if name not in BOUNDED and name not in UNBOUNDED and not COLLECTIVE.fullmatch(str(name)):
        known = (*BOUNDED, *UNBOUNDED, "all_to_all.8", "all_gather.8")
        raise UnknownNameError("rate of a device", name, known)


@frozen(kw_only=True)
class Share:
    """A rate that is a share of another one of the same device."""

    of: str
    share: float
    relative_sigma: float
    source: str


@cache
def _defaults() -> tuple[Mapping[str, Rate], Mapping[str, Share]]:
    """The rates and shares that stand in the place of missing rates."""
    from omegaconf import OmegaConf  # slow to import

    text = resources.files("wanmeter.configs").joinpath("device_defaults.yaml").read_text()
    values = cast(dict[str, Any], OmegaConf.to_container(OmegaConf.create(text)))
    rates = {name: build(Rate, each) for name, each in values.items() if "of" not in each}
    shares = {name: build(Share, each) for name, each in values.items() if "of" in each}
    return rates, shares


def with_defaults(given: Mapping[str, Rate]) -> Mapping[str, Rate]:
    """Rates, with those that stand in the place of missing ones."""
    rates, shares = _defaults()
    derived = {
        name: Rate(
            value=each.share * given[each.of].value,
            relative_sigma=each.relative_sigma,
            source=each.source,
        )
        for name, each in shares.items()
        if each.of in given
    }
    missing = {name: each for name, each in (derived | dict(rates)).items() if name not in given}
    return MappingProxyType({**given, **missing})
