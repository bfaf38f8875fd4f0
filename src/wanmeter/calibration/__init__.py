"""Measures what a user's own GPU sustains, and writes it as a device's file.

Only `wanmeter.calibration.real` imports torch. It is what all else here calls a `Machine`.
"""

from wanmeter.calibration.benchmarks import Benchmark, Unmeasured, benchmarks
from wanmeter.calibration.calibrating import Calibration, Machine, calibrate
from wanmeter.calibration.device_file import to_yaml
from wanmeter.calibration.gpu import Gpu
from wanmeter.calibration.measuring import Measurement, Timer, sustained

__all__ = [
    "Benchmark",
    "Calibration",
    "Gpu",
    "Machine",
    "Measurement",
    "Timer",
    "Unmeasured",
    "benchmarks",
    "calibrate",
    "sustained",
    "to_yaml",
]
