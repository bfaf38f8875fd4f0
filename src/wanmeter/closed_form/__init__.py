"""Closed forms of costs: derived from the layers' formulas, evaluated at once, swept and printed."""

from wanmeter.closed_form.derive import ClosedForm, derive
from wanmeter.closed_form.meter import Meter
from wanmeter.closed_form.variables import Regime

__all__ = ["ClosedForm", "Meter", "Regime", "derive"]
