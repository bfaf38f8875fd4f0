"""`Gpu`: what PyTorch says of the GPU that is measured, and of itself."""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from wanmeter.hardware import ARCHITECTURES


def _frozen_mapping(given: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(given))


@frozen(kw_only=True)
class Gpu:
    """A GPU, and the software that drives it.

    Attributes:
        name: as `torch.cuda.get_device_name()` gives it.
        capacity_bytes: its memory: `total_memory` of its properties.
        free_bytes: what of that is free.
        sms: streaming multiprocessors: `multi_processor_count` of its properties.
        compute_capability: CUDA's number of its generation: `9.0`.
        gpus: how many there are in the machine.
        torch_version: PyTorch's version.
        cuda_version: that of the CUDA that PyTorch was built with.
        packages: installed modules of attention kernels, with their versions; a version may be empty.
    """

    name: str
    capacity_bytes: int
    free_bytes: int
    sms: int
    compute_capability: str
    gpus: int
    torch_version: str
    cuda_version: str
    packages: Mapping[str, str] = field(converter=_frozen_mapping)

    @property
    def architecture(self) -> str | None:
        """NVIDIA's name of its generation; `None` if no packaged device is of it."""
        for name, capabilities in ARCHITECTURES.items():
            if self.compute_capability in capabilities:
                return name
        return None
