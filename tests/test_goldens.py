"""Every report equals its golden, whichever backend computed it."""

from pathlib import Path

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.golden_cases import GOLDENS, NAMES, golden_name
from wanmeter import meter

GOLDEN = Path(__file__).parent.parent / "golden"


class GoldenFile(SingleFileSnapshotExtension):
    """One ready-made JSON text a file, `golden/<model>--<workload>.json`."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"

    @classmethod
    def dirname(cls, *, test_location):
        """The project's goldens."""
        return str(GOLDEN)

    @classmethod
    def get_snapshot_name(cls, *, test_location, index=0):
        """The name that the test gives: `assert text == snapshot(name=...)`."""
        return str(index)


@pytest.mark.parametrize(("model", "workload"), GOLDENS, ids=NAMES)
def test_golden(model, workload, snapshot):
    shared = meter(model, workload, "shared").to_json(provenance=False)
    wan2_1 = meter(model, workload, "wan2_1").to_json(provenance=False)
    # Before the golden is read or written: a disagreement must not reach it.
    agreed = shared == wan2_1  # apart: pytest would take its time to show where long texts differ
    assert agreed, "the backends disagree"
    assert shared == snapshot(name=golden_name(model, workload), extension_class=GoldenFile)


def test_there_is_no_golden_that_nothing_checks():
    assert sorted(path.name for path in GOLDEN.glob("*.json")) == sorted(f"{n}.json" for n in NAMES)
