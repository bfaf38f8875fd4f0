"""The benchmarks on the GPU that PyTorch finds. Only this module imports torch."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from time import perf_counter

import torch
from torch.nn import functional

from wanmeter.calibration.benchmarks import PACKAGES, Benchmark
from wanmeter.calibration.gpu import Gpu
from wanmeter.calibration.operators import (
    Attention,
    Convolution,
    Elementwise,
    HostCopy,
    Matmul,
    Operator,
)
from wanmeter.errors import ConfigError

DTYPES = {"bf16": torch.bfloat16, "tf32": torch.float32, "fp32": torch.float32}


class CudaMachine:
    """The GPU that is PyTorch's current one: the first of CUDA_VISIBLE_DEVICES."""

    def __init__(self) -> None:
        """Look for the GPU.

        Raises:
            ConfigError: there is none.
        """
        # PyTorch for ROCm says that its GPUs are CUDA's.
        if torch.version.cuda is None or not torch.cuda.is_available():
            problem = "no CUDA device; it measures the rates of the GPU that PyTorch finds"
            raise ConfigError("calibrate", problem)
        self._device = torch.device("cuda", torch.cuda.current_device())
        properties = torch.cuda.get_device_properties(self._device)
        self._gpu = Gpu(
            name=properties.name,
            capacity_bytes=properties.total_memory,
            free_bytes=torch.cuda.mem_get_info(self._device)[0],
            sms=properties.multi_processor_count,
            compute_capability=f"{properties.major}.{properties.minor}",
            gpus=torch.cuda.device_count(),
            torch_version=torch.__version__,
            cuda_version=torch.version.cuda,
            packages=installed_packages(),
        )

    @property
    def gpu(self) -> Gpu:
        """What PyTorch says of it."""
        return self._gpu

    def now(self) -> float:
        """The time in seconds, when all kernels have ended."""
        torch.cuda.synchronize(self._device)
        return perf_counter()

    @contextmanager
    def prepared(self, benchmark: Benchmark) -> Iterator[Callable[[], object]]:
        """A function that launches a benchmark once."""
        # What the last one kept, even if an exception held on to it.
        gc.collect()
        torch.cuda.empty_cache()
        before = torch.get_float32_matmul_precision()
        # TF32 in matrix products is off unless it is asked for. In convolutions it is left as PyTorch has it: on.
        torch.set_float32_matmul_precision("high" if uses_tf32(benchmark) else "highest")
        calls: list[Callable[[], object]] = []

        def run() -> None:
            for call in calls:
                call()

        try:
            with torch.no_grad():
                calls.extend(call_of(each, self._device) for each in benchmark.operators)
                yield run
        finally:
            calls.clear()  # with their tensors, although the caller still has `run`
            torch.set_float32_matmul_precision(before)


def uses_tf32(benchmark: Benchmark) -> bool:
    """Whether its matrix products may round to TF32."""
    return any(isinstance(each, Matmul) and each.dtype == "tf32" for each in benchmark.operators)


def installed_packages() -> dict[str, str]:
    """The modules of attention kernels that can be found, and their versions; empty if they say none."""
    return {name: _version(name) for name in PACKAGES.values() if find_spec(name) is not None}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # a module that its package is not named after
        return ""


def call_of(operator: Operator, device: torch.device) -> Callable[[], object]:
    """A function that runs an operator once on a device. Its arguments are made here, and random.

    Products of zeros take less power, so that clocks are higher than in a real run.
    """
    match operator:
        case Matmul():
            dtype = DTYPES[operator.dtype]
            x = torch.randn(operator.rows, operator.inner, dtype=dtype, device=device)
            weight = torch.randn(operator.columns, operator.inner, dtype=dtype, device=device)
            return lambda: functional.linear(x, weight)
        case Attention():
            return _attention(operator, device)
        case Elementwise():
            return _elementwise(operator, device)
        case Convolution():
            dtype, channels, size = DTYPES[operator.dtype], operator.channels, operator.kernel_size
            shape = (1, channels, operator.frames, operator.height, operator.width)
            x = torch.randn(shape, dtype=dtype, device=device)
            weight = torch.randn(channels, channels, size, size, size, dtype=dtype, device=device)
            return lambda: functional.conv3d(x, weight, padding=size // 2)
        case HostCopy():
            # Written to, since the host has no memory yet behind pages that nobody wrote to.
            source = torch.ones(operator.size_bytes, dtype=torch.uint8)
            source = source.pin_memory() if operator.pinned else source
            target = torch.empty_like(source, device=device)
            return lambda: target.copy_(source, non_blocking=operator.pinned)


def _attention(operator: Attention, device: torch.device) -> Callable[[], object]:
    """Attention by a kernel; q, k and v are laid out as a model's projections write them."""
    shape = (1, operator.tokens, operator.heads, operator.head_dim)
    q, k, v = [torch.randn(shape, dtype=torch.bfloat16, device=device) for _ in range(3)]
    if operator.kernel == "sdpa":
        q, k, v = [each.transpose(1, 2) for each in (q, k, v)]
        return lambda: functional.scaled_dot_product_attention(q, k, v)
    module = import_module(PACKAGES[operator.kernel])
    if operator.kernel == "sage":
        return lambda: module.sageattn(q, k, v, tensor_layout="NHD")
    return lambda: module.flash_attn_func(q, k, v)


def _elementwise(operator: Elementwise, device: torch.device) -> Callable[[], object]:
    x = torch.randn(operator.rows, operator.width, dtype=torch.bfloat16, device=device)
    if operator.operator == "add":
        row, output = torch.randn_like(x[:1]), torch.empty_like(x)
        return lambda: torch.add(x, row, out=output)
    dtype = torch.float32 if operator.operator == "cast" else x.dtype
    output = torch.empty_like(x, dtype=dtype)
    return lambda: output.copy_(x)
