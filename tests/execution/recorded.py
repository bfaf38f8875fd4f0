"""Records of the official code, and their comparison with an execution."""

import json
from pathlib import Path

from wanmeter.verify.executed import Executed, Moved, Operation

REFERENCE = Path(__file__).parents[1] / "reference"


def load(name):
    """A record, by its file's name."""
    return json.loads(REFERENCE.joinpath(name).read_text())


def require_equal(execution, recorded):
    """Require that an execution reads, writes and holds what was recorded, in every row."""
    rows = recorded["peaks"]
    executed = Executed.of([(execution, 1)], rows)
    traffic = {}
    for row, operator, reads, writes, *moved in recorded["traffic"]:
        key = Operation(row, operator, tuple(sorted(reads)), tuple(writes))
        before = traffic.get(key, (0, 0, 0))
        traffic[key] = Moved(*[a + b for a, b in zip(before, moved, strict=True)])
    assert executed.traffic == traffic
    inputs = recorded["input_bytes"]
    assert execution.input_bytes == inputs
    assert executed.peaks == {row: peak - inputs for row, peak in recorded["peaks"].items()}
    assert executed.peak_bytes == recorded["peak_bytes"] - inputs
    assert executed.moment == tuple(recorded["moment"])
