"""What a run takes on a device: memory by phase, whether it fits, and what to change if not."""

from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.estimating import estimate
from wanmeter.estimation.fit import Change, Fit, fit
from wanmeter.estimation.memory import Band, PhaseMemory
from wanmeter.estimation.peaks import Peaks

__all__ = ["Band", "Change", "Estimate", "Fit", "Peaks", "PhaseMemory", "estimate", "fit"]
