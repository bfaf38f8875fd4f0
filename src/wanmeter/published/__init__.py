"""Published measurements, shipped with the package, and predictions beside them."""

from wanmeter.published.memory import validate_memory
from wanmeter.published.row import Predict, Prediction, Row
from wanmeter.published.statistics import Errors
from wanmeter.published.tables import Cell, official_cells
from wanmeter.published.time import validate_time
from wanmeter.published.validation import Validation

__all__ = [
    "Cell",
    "Errors",
    "Predict",
    "Prediction",
    "Row",
    "Validation",
    "official_cells",
    "validate_memory",
    "validate_time",
]
