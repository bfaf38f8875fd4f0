"""GPUs: how much memory each has, what it sustains, and who reported it."""

from wanmeter.hardware.device import ARCHITECTURES, Capacity, Device
from wanmeter.hardware.figure import Figure, Rate
from wanmeter.hardware.registry import device, device_names, device_option

__all__ = [
    "ARCHITECTURES",
    "Capacity",
    "Device",
    "Figure",
    "Rate",
    "device",
    "device_names",
    "device_option",
]
