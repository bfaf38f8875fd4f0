"""The comparison with the real models. Every target but `core` needs the extra `wanmeter[verify]`."""

from wanmeter.verify.targets import TARGETS, verify
from wanmeter.verify.verification import Check, Outcome, Relation, Section, Table, Verification

__all__ = [
    "TARGETS",
    "Check",
    "Outcome",
    "Relation",
    "Section",
    "Table",
    "Verification",
    "verify",
]
