"""Reports: what a run costs, as objects, JSON, CSV and tables."""

from wanmeter.report.components import Components
from wanmeter.report.report import Report
from wanmeter.report.row import Provenance, Row

__all__ = ["Components", "Provenance", "Report", "Row"]
