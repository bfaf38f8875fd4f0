"""Closed forms of costs, derived by evaluating the layers' formulas on symbols."""

from wanmeter.symbolic.closed_form import ClosedForm, derive
from wanmeter.symbolic.regimes import Regime

__all__ = ["ClosedForm", "Regime", "derive"]
