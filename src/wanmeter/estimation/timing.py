"""`Timing`: which of a device's rates serves each kind of work, and how much of it a kernel reaches."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen

from wanmeter.execution.options import Attention
from wanmeter.execution.pipelines import Pipeline
from wanmeter.execution.tape import Attended
from wanmeter.execution.work import Work
from wanmeter.hardware import Device, Rate

QUERIES = 128
"""Queries that one thread block of an attention kernel computes, at head_dim 128.

Source: Dao-AILab/flash-attention csrc/flash_attn/src/flash_fwd_launch_template.h and hopper/tile_size.h.
"""

BLOCKS_PER_SM: Mapping[Attention, int] = MappingProxyType({"fa2": 2, "sdpa": 2})
"""Thread blocks of an attention kernel that a multiprocessor runs at once; 1 of other kernels.

Source: Dao-AILab/flash-attention csrc/flash_attn/src/flash_fwd_launch_template.h: 64 KiB of shared memory.
"""


@frozen(kw_only=True)
class Timing:
    """How long work takes on a device: its amount over a rate.

    An attention kernel runs in waves of as many thread blocks as fit on the device; the last may be half
    empty, which matters where many GPUs share the heads.
    """

    rates: Mapping[str, Rate]
    sms: int
    attention: Attention
    tf32: bool
    ulysses: int
    ring: int
    gpus: int

    @classmethod
    def of(cls, pipeline: Pipeline, device: Device) -> "Timing":
        """How a pipeline's work is timed on a device that has rates."""
        plan = pipeline.plan
        sms = device.sms.value if device.sms else 1
        return cls(
            rates=device.known_rates,
            sms=int(sms),
            attention=plan.profile.attention or pipeline.attention(device.architecture),
            tf32=plan.profile.tf32,
            ulysses=plan.parallel.ulysses_degree or 1,
            ring=plan.parallel.ring_degree or 1,
            gpus=plan.gpus,
        )

    def rate_of(self, work: Work) -> str:
        """The name of the rate that serves some work."""
        if work.served_by in ("matmul", "convolution"):
            return f"{work.served_by}.{self._elements(work)}"
        if work.served_by == "attention":
            # Kernels of float32 are others than FlashAttention's, and about as fast as products.
            full = work.variant == "32"
            return f"matmul.{self._elements(work)}" if full else f"attention.{self.attention}"
        if work.served_by == "all_to_all":
            return f"all_to_all.{self.ulysses}"
        if work.served_by == "all_gather":
            return f"all_gather.{self.gpus}"
        return {"host_copy": "host_copy.pageable", "host_stream": "host_copy.pinned"}.get(
            work.served_by, work.served_by
        )

    def _elements(self, work: Work) -> str:
        """The type that matrix units multiply elements of some bits in."""
        if work.variant == "32":
            return "tf32" if self.tf32 and work.served_by != "convolution" else "fp32"
        return {"16": "bf16"}.get(work.variant, f"{work.variant}_bits")

    def wave_efficiency(self, attended: Attended | None) -> Any:
        """The share of an attention kernel's waves that thread blocks fill; 1 if the last wave is full too.

        Matrix products are taken to fill theirs: cuBLAS picks among tiles of many sizes.
        """
        if attended is None:
            return 1.0
        blocks = attended.heads * _over(attended.queries, QUERIES)
        slots = self.sms * BLOCKS_PER_SM.get(self.attention, 1)
        return blocks / (_over(blocks, slots) * slots)

    def seconds(self, work: Work) -> Any:
        """How long some work takes on its own; a number, or an array if its amount is one.

        Waves are those of FlashAttention's kernels, not of attention in float32.
        """
        name = self.rate_of(work)
        attended = work.attended if name.startswith("attention.") else None
        return work.amount / (self.rates[name].value * self.wave_efficiency(attended))


def _over(number: Any, size: int) -> Any:
    """How many pieces of a size a number makes, the last one perhaps smaller."""
    return -(-number // size)
