"""Which operators measure which rate, and which rates nothing here measures."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from wanmeter.calibration.gpu import Gpu
from wanmeter.calibration.operators import (
    BYTES,
    Attention,
    Convolution,
    Elementwise,
    HostCopy,
    Matmul,
    Operator,
)
from wanmeter.units import GIB

TOKENS = 32_760
"""Tokens of a video of 81 frames at 832x480: 21 latent frames of 30x52 patches."""

DIM, FFN_DIM, HEADS, HEAD_DIM = 5_120, 13_824, 40, 128
"""Widths of the largest transformer that is packaged: 14B."""

FEWER_HEADS = (HEADS, 20, 10, 5)
"""Heads to attend with, the most that fit. The rate hardly depends on them."""

ATTENTION_TENSORS = 8
"""Tensors of the shape of q that are kept free: q, k, v, the result, and a kernel's copies of them."""


@frozen(kw_only=True)
class Benchmark:
    """What measures one rate.

    Attributes:
        rate: the name of the rate in a device's file.
        operators: what one call runs, one after the other.
        least_sigma: one sigma of the rate's relative error at least, however alike the rounds are: other
            shapes than these run faster or slower. ASSUMED; more where few shapes stand for many.
        library: whose kernel it is, with its version; empty for PyTorch's.
    """

    rate: str
    operators: tuple[Operator, ...]
    least_sigma: float = 0.02
    library: str = ""

    @property
    def work(self) -> int:
        """FLOPs or bytes of one call."""
        return sum([each.work for each in self.operators])

    def __str__(self) -> str:
        shapes = "; ".join(map(str, self.operators))
        return f"{self.library}, {shapes}" if self.library else shapes


@frozen
class Unmeasured:
    """A rate that was not measured, and why."""

    rate: str
    reason: str


IN_ONE_PROCESS = "calibrate runs in one process; GPUs exchange between processes (torchrun)"

WITHOUT_BENCHMARK: Mapping[str, str] = MappingProxyType(
    {
        "attention.fa3_fp8": "calibrate has no benchmark of it",
        "attention.fa4": "calibrate has no benchmark of it",
        "all_to_all": IN_ONE_PROCESS,
        "all_gather": IN_ONE_PROCESS,
        "send_recv": IN_ONE_PROCESS,
        "cpu": "calibrate measures GPUs",
    }
)
"""The rates that nothing here measures. Collectives stand for those of any number of GPUs."""

PACKAGES: Mapping[str, str] = MappingProxyType(
    {"fa2": "flash_attn", "fa3": "flash_attn_interface", "sage": "sageattention"}
)
"""The module that has each attention kernel, but for PyTorch's own `sdpa`."""


def benchmarks(gpu: Gpu) -> tuple[Benchmark, ...]:
    """What can be measured on a GPU with what is installed."""
    return (
        *[_matmul(dtype) for dtype in ("bf16", "tf32", "fp32")],
        *[_attention(kernel, gpu) for kernel in ("sdpa", *_installed(gpu))],
        Benchmark(
            rate="dram",
            operators=tuple(
                Elementwise(operator=operator, rows=TOKENS, width=DIM)
                for operator in ("copy", "add", "cast")
            ),
            least_sigma=0.1,
        ),
        *[_convolution(dtype) for dtype in ("fp32", "bf16")],
        *[_host_copy(pinned) for pinned in (False, True)],
    )


def unmeasurable(gpu: Gpu) -> tuple[Unmeasured, ...]:
    """The rates that `benchmarks` leaves out, and why."""
    missing = [
        Unmeasured(f"attention.{kernel}", f"{package} is not installed")
        for kernel, package in PACKAGES.items()
        if package not in gpu.packages
    ]
    alone = "there is one GPU" if gpu.gpus == 1 else IN_ONE_PROCESS
    others = [
        Unmeasured(name, alone if reason == IN_ONE_PROCESS else reason)
        for name, reason in WITHOUT_BENCHMARK.items()
    ]
    return (*missing, *others)


def sage_kernel(version: str, compute_capability: str) -> str:
    """The kernel that `sageattention.sageattn` picks: `sage`, `sage2` or `sage2pp`.

    Source: thu-ml/SageAttention sageattention/core.py, `sageattn`: values are multiplied in float16 on
    compute capability 8.0 and 8.6, and in 8 bits on others; since 2.2 those of 8.9 and 12.0 are summed in
    float16. Version 1 multiplies them in float16 everywhere.
    """
    major, minor = [int(each) for each in (*re.findall(r"\d+", version), "0", "0")[:2]]
    if major < 2 or compute_capability in ("8.0", "8.6"):
        return "sage"
    return "sage2pp" if (major, minor) >= (2, 2) and compute_capability != "9.0" else "sage2"


def _installed(gpu: Gpu) -> tuple[str, ...]:
    """The attention kernels that are installed, besides PyTorch's own."""
    return tuple(kernel for kernel, package in PACKAGES.items() if package in gpu.packages)


def _matmul(dtype: str) -> Benchmark:
    """A projection of the attention, and the first one of the feed-forward network."""
    operators = [
        Matmul(rows=TOKENS, inner=DIM, columns=columns, dtype=dtype)  # type: ignore[arg-type]
        for columns in (DIM, FFN_DIM)
    ]
    return Benchmark(rate=f"matmul.{dtype}", operators=tuple(operators))


def _attention(kernel: str, gpu: Gpu) -> Benchmark:
    """Self-attention of one block."""
    head_bytes = ATTENTION_TENSORS * TOKENS * HEAD_DIM * BYTES["bf16"]
    heads = next((n for n in FEWER_HEADS if n * head_bytes <= gpu.free_bytes), FEWER_HEADS[-1])
    operator = Attention(kernel=kernel, tokens=TOKENS, heads=heads, head_dim=HEAD_DIM)
    if kernel not in PACKAGES:
        return Benchmark(rate=f"attention.{kernel}", operators=(operator,))
    version = gpu.packages[PACKAGES[kernel]]
    library = f"{PACKAGES[kernel]} {version}".strip()
    if kernel == "sage":
        kernel = sage_kernel(version, gpu.compute_capability)
    return Benchmark(rate=f"attention.{kernel}", operators=(operator,), library=library)


def _convolution(dtype: str) -> Benchmark:
    """The convolution of a VAE's last blocks at 832x480, which has most of its FLOPs."""
    operator = Convolution(
        channels=96, frames=4, height=480, width=832, kernel_size=3, dtype=dtype  # type: ignore[arg-type]
    )  # fmt: skip
    return Benchmark(rate=f"convolution.{dtype}", operators=(operator,), least_sigma=0.15)


def _host_copy(pinned: bool) -> Benchmark:
    kind = "pinned" if pinned else "pageable"
    operator = HostCopy(pinned=pinned, size_bytes=GIB)
    return Benchmark(rate=f"host_copy.{kind}", operators=(operator,), least_sigma=0.1)
