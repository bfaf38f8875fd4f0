"""The headline numbers of the page."""

from collections.abc import Iterator

from attrs import frozen

from wanmeter.report import Report
from wanmeter.units import BYTES, FLOPS, TRAFFIC, counted, readable


@frozen
class Number:
    """A headline number: its name, its readable and its exact form, and what it means."""

    name: str
    reads: str
    exact: str
    means: str


def headlines(report: Report) -> Iterator[Number]:
    """The headline numbers of a report, over all its stages."""
    total, workload = report.total, report.workload
    largest = max(report.stages, key=lambda row: row.cost.activation_bytes)
    yield Number(
        "FLOPs",
        readable(total.flops, FLOPS),
        f"{total.flops:,}",
        "1 multiply-add is 2 FLOPs",
    )
    yield Number(
        "bytes moved",
        readable(total.io_bytes, TRAFFIC),
        f"{total.io_bytes:,} bytes",
        "to and from device memory",
    )
    yield Number(
        "weights",
        readable(total.weight_bytes, BYTES),
        f"{total.weight_bytes:,} bytes",
        f"{counted(total.params, 'parameter')} in {counted(len(report.stages), 'stage')}",
    )
    yield Number(
        "peak activations",
        readable(total.activation_bytes, BYTES),
        f"{total.activation_bytes:,} bytes",
        f"of the largest stage, {largest.path}",
    )
    if total.kv_cache_bytes:
        yield Number(
            "KV cache",
            readable(total.kv_cache_bytes, BYTES),
            f"{total.kv_cache_bytes:,} bytes",
            "keys and values kept between passes",
        )
    if transformers := report.running("transformer"):
        two = "; two per step, with guidance" if workload.guidance else ""
        yield Number(
            "forward passes",
            f"{workload.forward_passes:,}",
            counted(workload.num_inference_steps, "step"),
            f"of the {'transformer' if len(transformers) == 1 else 'two transformers'}{two}",
        )
