"""GPUs as PyTorch sees them: how much memory each has, and who reported it."""

from wanmeter.hardware.device import ARCHITECTURES, Capacity, Device
from wanmeter.hardware.registry import device, device_names, device_option

__all__ = ["ARCHITECTURES", "Capacity", "Device", "device", "device_names", "device_option"]
