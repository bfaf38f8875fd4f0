"""What the figures of an estimate on a device share: its seconds, names of kinds of work, and the caption."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from wanmeter.errors import InvalidValueError, shortened
from wanmeter.estimation import Estimate
from wanmeter.estimation.amounts import MILLISECONDS, UNITS
from wanmeter.estimation.run_time import RunTime
from wanmeter.hardware import Device
from wanmeter.render.figures.figure import Caption
from wanmeter.render.figures.style import BLUE, GREEN, MUTED, ORANGE, SKY, VERMILION
from wanmeter.report.caption import caption
from wanmeter.report.components import Components


@frozen
class Kind:
    """What serves work: its name, the name with its verb, and the colour."""

    name: str
    takes: str
    colour: str


ATTENTION = Kind("attention", "Attention takes", VERMILION)
PRODUCTS = Kind("matrix products", "Matrix products take", BLUE)
CONVOLUTIONS = Kind("convolutions", "Convolutions take", GREEN)
ELEMENT_WISE = Kind("element-wise", "Element-wise kernels take", SKY)
LINKS = Kind("links between GPUs", "Links between GPUs take", ORANGE)
HOST = Kind("host", "The host takes", MUTED)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "attention": ATTENTION,
        "matmul": PRODUCTS,
        "convolution": CONVOLUTIONS,
        "dram": ELEMENT_WISE,
        "all_to_all": LINKS,
        "all_gather": LINKS,
        "send_recv": LINKS,
        "host_copy": HOST,
        "cpu": HOST,
    }
)
"""Kinds by the first word of a rate's name, in the order of bars and legends."""


def kind_of(rate: str) -> Kind:
    """The kind of work that a rate serves: `attention.fa3` serves attention."""
    return KINDS[rate.partition(".")[0]]


def timed(estimate: Estimate) -> tuple[Device, RunTime]:
    """The device of an estimate, and the time that the run takes there.

    Raises:
        InvalidValueError: there is no device, or it has no rates for the run.
    """
    device, run_time = estimate.device, estimate.run_time
    if device is None or run_time is None:
        given = None if device is None else device.name
        reasons = [note for note in estimate.notes if note.startswith("No seconds")]
        allowed = "; ".join(["a device with rates for the run, such as h100", *reasons])
        raise InvalidValueError("device", given, allowed)
    return device, run_time


def gpus_title(estimate: Estimate, device: Device) -> str:
    """The GPUs of a title: `H100 SXM 80 GB`, or `8 H100 SXM 80 GB`."""
    name = short_title(device)
    return name if estimate.plan.gpus == 1 else f"{estimate.plan.gpus} {name}"


def card(device: Device) -> str:
    """The name of a device beside a line: `H100`."""
    return shortened(re.sub(r" (SXM|PCIe|\d+ GB)\b.*", "", short_title(device)), 24)


def short_title(device: Device) -> str:
    """What people call a device, without its maker."""
    return shortened(device.title.removeprefix("NVIDIA ").removeprefix("GeForce "), 44)


def time_unit(seconds: float) -> tuple[float, str]:
    """The size in seconds and the name of the unit that suits a time."""
    return next(((size, unit) for least, size, unit in UNITS if seconds >= least), MILLISECONDS)


def estimate_caption(estimate: Estimate, run_time: RunTime, title: str) -> Caption:
    """The caption of a figure: the run, and the code that executes it."""
    plan, run = estimate.plan, estimate.plan.run
    return Caption(
        title=title,
        run=caption(run.model, run.workload, Components.of(run, plan.stages), plan.stages),
        backends=f"{plan.profile.name} code, placement {plan.placement.name},"
        f" {run_time.attention} attention",
    )
