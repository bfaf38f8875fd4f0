"""`Work`: what a stage asks of a device, in exact FLOPs and bytes, by what serves it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal, NamedTuple

from wanmeter.execution.options import ParallelOptions
from wanmeter.execution.phase import Passes
from wanmeter.execution.tape import Grid, Kernel

Served = Literal[
    "matmul",
    "attention",
    "convolution",
    "dram",
    "all_to_all",
    "all_gather",
    "send_recv",
    "host_copy",
    "host_stream",
    "cpu",
]
"""What serves work.

The matrix units serve matrix products, attention and convolutions; `dram` all other kernels, which move bytes.
Links between GPUs serve collectives and the exchanges of a ring, those to the host copies of weights; with
`host_stream`, weights come while kernels run. `cpu` serves a text encoder on the host.
"""

MATRIX_PRODUCTS = frozenset({"mm", "addmm", "bmm", "gemm"})
ATTENTION = frozenset(
    {
        "_flash_attention_forward",
        "_scaled_dot_product_flash_attention",
        "_scaled_dot_product_efficient_attention",
        "attention",
    }
)
ALL_TO_ALL = frozenset({"alltoall_base_", "alltoall_"})
ALL_GATHER = frozenset({"_allgather_base_", "allgather_"})


class Work(NamedTuple):
    """An amount of work in all passes of a stage: FLOPs of matrix units and of `cpu`, otherwise bytes.

    `variant` tells apart what has rates of its own: the bits of an element of matrix products, convolutions
    and attention; `pageable` or `pinned` for copies from the host. `grid` is what
    one call of a matrix product or of attention computes. Work that is done `once` in a run is in no step.
    """

    served_by: Served
    variant: str
    amount: int
    grid: Grid | None = None
    once: bool = False


def kernel_work(passes: Iterable[Passes], parallel: ParallelOptions) -> list[Work]:
    """The work of a stage's kernels, on one of some GPUs. Equal kinds are joined."""
    every = [
        work._replace(amount=work.amount * each.times)
        for each in passes
        for work in (_work(kernel, parallel) for kernel in each.execution.kernels)
    ]
    return joined(every)


def joined(every: Iterable[Work]) -> list[Work]:
    """Work with the amounts of equal kinds added."""
    amounts: dict[str, int] = defaultdict(int)
    first: dict[str, Work] = {}
    for work in every:
        kind = repr(work._replace(amount=0))  # a grid may have expressions, which have no hash
        first.setdefault(kind, work)
        amounts[kind] = amounts[kind] + work.amount
    return [work._replace(amount=amounts[kind]) for kind, work in first.items()]


def _work(kernel: Kernel, parallel: ParallelOptions) -> Work:
    """The work of a kernel. A kernel on matrix units reads and writes memory meanwhile, within its rate.

    Of what a GPU sends to all in turn it keeps its own part; of what it gathers it has its own.
    """
    operator, bits = kernel.operator, str(8 * max([each.bytes for each in kernel.reads], default=0))
    if operator in MATRIX_PRODUCTS:
        return Work("matmul", bits, kernel.flops, kernel.grid)
    if operator in ATTENTION:
        return Work("attention", bits, kernel.flops, kernel.grid)
    if operator == "convolution":
        return Work("convolution", bits, kernel.flops)
    if operator in ALL_TO_ALL:
        degree = parallel.ulysses_degree or 1
        return Work("all_to_all", "", kernel.bytes_read // degree * (degree - 1))
    if operator in ALL_GATHER:
        return Work("all_gather", "", kernel.bytes_read * (parallel.gpus - 1))
    if operator == "send_recv":
        return Work("send_recv", "", kernel.bytes_read)
    return Work("dram", "", kernel.bytes_read + kernel.bytes_written)
