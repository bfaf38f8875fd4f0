"""What a run takes on a device: memory by phase, seconds by term, whether it fits, what to change if not."""

from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.estimating import estimate
from wanmeter.estimation.estimator import Estimator, QuickEstimate
from wanmeter.estimation.fit import Change, Fit, fit
from wanmeter.estimation.memory import Band, PhaseMemory
from wanmeter.estimation.terms import Seconds, Term

__all__ = [
    "Band",
    "Change",
    "Estimate",
    "Estimator",
    "Fit",
    "PhaseMemory",
    "QuickEstimate",
    "Seconds",
    "Term",
    "estimate",
    "fit",
]
