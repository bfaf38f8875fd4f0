"""The cost of one workload (`meter`), of many (`Meter`), of millions (`sweep`)."""

from wanmeter.api.meter import Meter, meter
from wanmeter.api.sweep import sweep

__all__ = ["Meter", "meter", "sweep"]
