"""Both backends give the same run: every row, every field, in every scope."""

import pytest
from attrs import evolve
from hypothesis import given, reject
from hypothesis import strategies as st

from tests.golden_cases import GOLDENS, NAMES
from tests.strategies import EVERY_MODEL, bits, workloads
from wanmeter import InvalidValueError, Report, Run, TransformerOptions, meter
from wanmeter.models.registry import family_of

MODELS = [meter(name, "wan2-1-ci-tiny").model for name in EVERY_MODEL]


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
    try:
        run = Run(
            model=model,
            vae=family_of(model).vae(model),
            transformer=options,
            workload=workload,
            layer_impl="shared",
        )
    except InvalidValueError:  # another geometry's size, or fewer frames than images
        reject()
    shared, wan2_1 = (Report.of(evolve(run, layer_impl=name)) for name in ("shared", "wan2_1"))
    assert not differing(shared, wan2_1)
