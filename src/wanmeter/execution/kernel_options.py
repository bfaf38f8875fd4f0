"""`KernelOptions`: which kernels run where an implementation leaves the choice to its libraries."""

from attrs import frozen


@frozen(kw_only=True)
class KernelOptions:
    """The kernels that a program runs with.

    Without `fused_rms_norm`, F.rms_norm runs as a sequence of operators, as where PyTorch has no kernel
    for it.
    """

    fused_rms_norm: bool = True


GPU_KERNELS = KernelOptions()
"""The kernels that PyTorch has for a GPU."""
