"""What was measured, as a `Device`, and as the text of its file."""

import re
from json import dumps
from textwrap import wrap

from wanmeter.calibration.benchmarks import Benchmark
from wanmeter.calibration.calibrating import Calibration
from wanmeter.calibration.measuring import Measurement
from wanmeter.errors import printable
from wanmeter.hardware import Capacity, Device, Figure, Rate

COLUMNS = 110
"""Width of the file."""

HEAD = """\
# What {name} sustains, measured by wanmeter calibrate: wanmeter estimate device=FILE takes it.
# Copy a rate that is missing from a packaged device (wanmeter list devices NAME), with its source.
"""


def to_device(made: Calibration) -> Device:
    """The device that was measured. It has no peaks, which nobody can measure.

    Raises:
        WanmeterError: a figure is not possible.
    """
    gpu = made.gpu
    title = " ".join(printable(gpu.name).split())
    measured = (
        f"measured by wanmeter calibrate on {title}, torch {gpu.torch_version}, CUDA"
        f" {gpu.cuda_version}: {made.day.isoformat()}"
    )
    properties = f"{measured}, torch.cuda.get_device_properties"
    return Device(
        name=re.sub(r"\W+", "_", title.lower()).strip("_") or "gpu",
        title=title,
        architecture=gpu.architecture,
        # A device of no known architecture has no known compute capability.
        compute_capability=gpu.compute_capability if gpu.architecture else None,
        capacity_bytes=Capacity(value=gpu.capacity_bytes, source=f"{properties}: total_memory"),
        sms=Figure(value=gpu.sms, source=f"{properties}: multi_processor_count"),
        rates={
            benchmark.rate: _rate(benchmark, each, measured)
            for benchmark, each in made.measured.items()
        },
    )


def to_yaml(made: Calibration) -> str:
    """The text of the device's file, headed by what was not measured."""
    device = to_device(made)
    unmeasured = [f"#   {each.rate}: {each.reason}\n" for each in made.unmeasured]
    head = HEAD.format(name=device.title)
    if unmeasured:
        head += f"# Not measured:\n{''.join(unmeasured)}"
    keys = [f"name: {_quoted(device.name)}\n", f"title: {_quoted(device.title)}\n"]
    if device.architecture:
        keys += [f"architecture: {device.architecture}\n"]
        keys += [f'compute_capability: "{device.compute_capability}"\n']
    keys += ["capacity_bytes:\n", _figure(device.capacity_bytes, "  ")]
    if device.sms:
        keys += ["sms:\n", _figure(device.sms, "  ")]
    keys += ["rates:\n"]
    for name, rate in device.rates.items():
        keys += [f"  {name}:\n", _figure(rate, "    ")]
    return head + "".join(keys)


def _rate(benchmark: Benchmark, measurement: Measurement, measured: str) -> Rate:
    """A rate to four digits, and its sigma to three decimals."""
    return Rate(
        value=float(f"{measurement.rate:.4g}"),
        relative_sigma=round(measurement.relative_sigma, 3),
        source=(
            f"{measured}, {measurement.seconds:.1f} s, {measurement.rounds} rounds: {benchmark};"
            f" relative_sigma is the spread of rounds, at least {benchmark.least_sigma:g} (assumed)"
        ),
    )


def _quoted(text: str) -> str:
    """A text as JSON has it, which YAML reads too."""
    return dumps(text, ensure_ascii=False)


def _figure(figure: Capacity | Figure | Rate, indent: str) -> str:
    """The fields of a figure, as packaged files lay them out."""
    lines = [f"value: {int(figure.value)}"]
    if isinstance(figure, Rate):
        lines = [f"value: {figure.value:.3e}", f"relative_sigma: {figure.relative_sigma:.3f}"]
    width = COLUMNS - len(indent) - 2
    source = wrap(figure.source, width, break_long_words=False, break_on_hyphens=False)
    lines += ["source: >-", *[f"  {line}" for line in source]]
    return "".join([f"{indent}{line}\n" for line in lines])
