"""`Timing`: which of a device's rates serves each kind of work, and how much of it a kernel reaches."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from attrs import field, frozen

from wanmeter.execution.options import Attention
from wanmeter.execution.pipelines import Pipeline
from wanmeter.execution.tape import Attended, Grid
from wanmeter.execution.work import Work
from wanmeter.hardware import Device, Figure, Rate

QUERIES = 128
"""Queries that one thread block of an attention kernel computes, at head_dim 128.

Source: Dao-AILab/flash-attention csrc/flash_attn/src/flash_fwd_launch_template.h and hopper/tile_size.h.
"""

PRODUCT_TILES = ((128, 256), (256, 128))
"""Rows and columns of a matrix product that one thread block computes, one block for each multiprocessor.

ASSUMED: cuBLAS's tiles for large products in bfloat16; it takes the one that fills its waves better.
"""

BLOCKS_PER_SM: Mapping[Attention, int] = MappingProxyType({"fa2": 2, "sdpa": 2})
"""Thread blocks of an attention kernel that a multiprocessor runs at once; 1 of other kernels.

Source: Dao-AILab/flash-attention csrc/flash_attn/src/flash_fwd_launch_template.h: 64 KiB of shared memory.
"""


@frozen(kw_only=True)
class Timing:
    """How long work takes on a device: its amount over a rate.

    A kernel runs in waves of as many thread blocks as fit on the device; the last may be half empty, which
    matters where many GPUs share the work.
    """

    rates: Mapping[str, Rate]
    sms: int
    attention: Attention
    tf32: bool
    ulysses: int
    ring: int
    gpus: int
    _names: dict[tuple[str, str], str] = field(factory=dict, init=False, repr=False, eq=False)

    @classmethod
    def of(cls, pipeline: Pipeline, device: Device) -> "Timing":
        """How a pipeline's work is timed on a device that has rates."""
        plan = pipeline.plan
        return cls(
            rates=device.known_rates,
            sms=int(cast(Figure, device.sms).value),  # a device with rates has it
            attention=plan.profile.attention or pipeline.attention(device.architecture),
            tf32=plan.profile.tf32,
            ulysses=plan.parallel.ulysses_degree or 1,
            ring=plan.parallel.ring_degree or 1,
            gpus=plan.gpus,
        )

    def rate_of(self, work: Work) -> str:
        """The name of the rate that serves some work."""
        kind = (work.served_by, work.variant)
        if kind not in self._names:  # asked for each kind of each stage, at every workload
            self._names[kind] = self._name(*kind)
        return self._names[kind]

    def _name(self, served_by: str, variant: str) -> str:
        elements = {"16": "bf16", "32": "fp32"}.get(variant, f"{variant}_bits")
        product = "matmul.tf32" if variant == "32" and self.tf32 else f"matmul.{elements}"
        names = {
            "matmul": product,
            "convolution": f"convolution.{elements}",
            # Kernels of float32 are others than FlashAttention's, and about as fast as products.
            "attention": product if variant == "32" else f"attention.{self.attention}",
            "all_to_all": f"all_to_all.{self.ulysses}",
            "all_gather": f"all_gather.{self.gpus}",
            "host_copy": "host_copy.pageable",
            "host_stream": "host_copy.pinned",
        }
        return names.get(served_by, served_by)

    def wave_efficiency(self, grid: Grid | None, largest: Any = max) -> Any:
        """The share of a kernel's waves that thread blocks fill; 1 if the last wave is full too.

        `largest` is `max`, or that of arrays.
        """
        if grid is None:
            return 1.0
        if isinstance(grid, Attended):
            slots = self.sms * BLOCKS_PER_SM.get(self.attention, 1)
            return _filled(grid.heads * _over(grid.queries, QUERIES), slots)
        results, rows, columns = grid
        (height, width), (other_height, other_width) = PRODUCT_TILES
        one = results * _over(rows, height) * _over(columns, width)
        other = results * _over(rows, other_height) * _over(columns, other_width)
        return largest(_filled(one, self.sms), _filled(other, self.sms))

    def seconds(self, work: Work, largest: Any = max) -> Any:
        """How long some work takes on its own; a number, or an array if its amount is one.

        Waves are those of FlashAttention's kernels, not of attention in float32.
        """
        rate, grid = self.rates[self.rate_of(work)].value, work.grid
        if grid is None or (work.variant == "32" and isinstance(grid, Attended)):
            return work.amount / rate
        return work.amount / (rate * self.wave_efficiency(grid, largest))


def _filled(blocks: Any, slots: int) -> Any:
    """The share of the waves of `slots` thread blocks that some blocks fill."""
    return blocks / (_over(blocks, slots) * slots)


def _over(number: Any, size: int) -> Any:
    """How many pieces of a size a number makes, the last one perhaps smaller."""
    return -(-number // size)
