"""What the library is called by: the cost of a workload, of any workload, of millions."""

from wanmeter.api.meter import Meter, meter
from wanmeter.api.sweep import sweep

__all__ = ["Meter", "meter", "sweep"]
