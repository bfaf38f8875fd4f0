"""What a phase takes on the device: exact where the program decides, a band where a library does."""

from attrs import frozen

from wanmeter.execution.phase import Phase
from wanmeter.execution.plan import Plan
from wanmeter.execution.tape import Workspace
from wanmeter.hardware import Device
from wanmeter.units import GIB

MIB = 2**20

CUBLAS_BYTES = 8 * MIB + MIB // 8
"""cuBLAS's workspace, from PyTorch's allocator. Source: PyTorch aten/src/ATen/cuda/CublasHandlePool.cpp."""

CUBLAS_BYTES_HOPPER = 32 * MIB
"""The same on Hopper. Source: the same file, getChosenWorkspaceSize."""


@frozen
class Band:
    """A number of bytes that lies between two."""

    low: int
    high: int

    def __add__(self, other: "Band | int") -> "Band":
        if isinstance(other, int):
            return Band(self.low + other, self.high + other)
        return Band(self.low + other.low, self.high + other.high)


CONTEXT = Band(2 * GIB // 5, 7 * GIB // 10)
"""ASSUMED: what CUDA's context and the kernels take, as nvidia-smi shows it for an idle process."""

NCCL = Band(GIB // 5, GIB)
"""ASSUMED: what communication between GPUs takes: buffers of NCCL, outside PyTorch's allocator."""

CACHED_PERCENT = 10
"""ASSUMED: the allocator keeps at most a tenth more than is live, in fragments and freed blocks."""


ON_HOST = "on the host"
"""The moment of a phase that runs there."""


@frozen(kw_only=True)
class PhaseMemory:
    """The memory of a phase, in bytes.

    Attributes:
        name: the phase.
        weights_bytes: weights on the device.
        activation_bytes: the most that forward passes create and keep at once.
        held_bytes: inputs, and whatever else waits.
        workspace_bytes: what convolutions take on top at the peak, and cuBLAS.
        moment: the module and the operator at the peak, without workspace.
    """

    name: str
    weights_bytes: int
    activation_bytes: int
    held_bytes: int
    workspace_bytes: Band
    moment: str

    @classmethod
    def of(cls, phase: Phase, workspace: Workspace | None, library: Band) -> "PhaseMemory":
        """The memory of a phase; without a `workspace`, of the least and the most that is known.

        `library` is what libraries take besides.
        """
        moment = phase.moment
        return cls(
            name=phase.name,
            weights_bytes=phase.weights_bytes,
            activation_bytes=phase.activation_bytes,
            held_bytes=phase.held_bytes,
            workspace_bytes=workspace_band(phase, workspace, library),
            moment=ON_HOST if moment is None else f"{moment.path} {moment.operator}",
        )

    @property
    def peak_bytes(self) -> Band:
        """What PyTorch's allocator has in use at the peak: torch.cuda.max_memory_allocated."""
        return self.workspace_bytes + (self.weights_bytes + self.activation_bytes + self.held_bytes)


def workspace_band(phase: Phase, workspace: Workspace | None, library: Band) -> Band:
    """What convolutions take at the peak of a phase, and libraries; of an unknown `workspace`, a band."""
    least, most = (
        phase.workspace_bytes(workspace or "none"),
        phase.workspace_bytes(workspace or "inout"),
    )
    return Band(least, most) + library


def library_bytes(plan: Plan, device: Device | None) -> Band:
    """The workspace of cuBLAS on a device, or on any; the mathematics has none."""
    if plan.profile.name == "ideal":
        return Band(0, 0)
    if device is None or device.architecture is None:
        return Band(CUBLAS_BYTES, CUBLAS_BYTES_HOPPER)
    hopper = device.architecture == "hopper"
    size = CUBLAS_BYTES_HOPPER if hopper else CUBLAS_BYTES
    return Band(size, size)


def on_device(peak: Band, gpus: int) -> Band:
    """What the device shows as used: with CUDA's context, the allocator's cache and communication."""
    cached = peak.high * CACHED_PERCENT // 100
    used = Band(peak.low, peak.high + cached) + CONTEXT
    return used + NCCL if gpus > 1 else used
