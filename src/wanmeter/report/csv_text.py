"""A report as CSV: one module per line."""

import csv
import io

from attrs import AttrsInstance, asdict

from wanmeter.conventions import CONVENTIONS, VECTOR_OPS
from wanmeter.cost import COUNTS
from wanmeter.report.row import Reported


def to_csv(report: Reported) -> str:
    """The modules as CSV, after `#` lines that state the settings and the conventions."""
    text = io.StringIO()
    for line in _header(report):
        text.write(f"# {line}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "copies", "calls", "kind", "held_bytes", *COUNTS])
    for row in report.modules:
        counts = asdict(row.cost).values()
        writer.writerow([row.path, row.copies, row.calls, row.kind, row.held_bytes, *counts])
    return text.getvalue()


def _header(report: Reported) -> list[str]:
    def settings(record: AttrsInstance) -> str:
        return ", ".join(f"{key}={value}" for key, value in asdict(record).items())

    return [
        f"wanmeter {report.provenance.version}, layer_impl={report.provenance.layer_impl}",
        f"model: {settings(report.model)}",
        *(f"{name}: {settings(spec)}" for name, spec in report.components),
        f"workload: {settings(report.workload)}",
        f"total: {settings(report.total)}",
        *(f"{key}: {text}" for key, text in CONVENTIONS.items() if isinstance(text, str)),
        f"vector_ops: {settings(VECTOR_OPS)}",
    ]
