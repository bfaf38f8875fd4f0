"""The recorded reference is what the real modules measure today, here; and wanmeter equals it."""

import pytest

from tests.reference.cases import MODELS, WORKLOADS
from tests.reference.record import measure_all
from tests.test_reference import REFERENCE, compare
from wanmeter import meter

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("default"),  # the libraries' own deprecations are theirs
]


@pytest.fixture(scope="module")
def measured():
    pytest.importorskip("torch", reason="nox -s verify installs it")
    return measure_all()


def test_the_record_is_current(measured):
    assert measured == REFERENCE


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("model", MODELS)
def test_every_module_equals_the_measured_one(measured, model, workload):
    for layer_impl in ("shared", "wan2_1"):
        compare(
            meter(model, WORKLOADS[workload], layer_impl),
            measured["cases"][f"{model}--{workload}"],
        )
