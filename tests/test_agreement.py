"""Both backends give the same run: every row, every field, in every scope."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.golden_cases import GOLDENS, NAMES
from tests.strategies import VIDEO_MODELS, bits, workloads
from wanmeter import Report, Run, TransformerOptions, meter

MODELS = [meter(name, "wan2-1-ci-tiny").model for name in VIDEO_MODELS]


def differing(first, second):
    """The rows that are not equal, and `total` if it is not."""
    rows = [a.path for a, b in zip(first, second, strict=True) if a != b]
    return rows if first.total == second.total else ["total", *rows]


@pytest.mark.parametrize(("model", "workload"), GOLDENS, ids=NAMES)
def test_packaged_runs(model, workload):
    shared, wan2_1 = (meter(model, workload, name) for name in ("shared", "wan2_1"))
    assert not differing(shared, wan2_1)


@given(
    st.sampled_from(MODELS),
    workloads,
    st.builds(
        TransformerOptions,
        scope=st.sampled_from(["full", "core"]),
        qk_norm=st.booleans(),
        act_fn=st.sampled_from(["GELUTanh", "GELUExact"]),
        bits=bits,
        weight_bits=bits,
    ),
)
def test_any_run(model, workload, options):
    assume(workload.num_frames >= model.num_images)  # a first frame and a last are two
    shared, wan2_1 = (
        Report.of(Run(model=model, transformer=options, workload=workload, layer_impl=name))
        for name in ("shared", "wan2_1")
    )
    assert not differing(shared, wan2_1)
