"""The recorded reference is what the real modules measure today, here; and wanmeter equals it."""

import pytest

from tests.reference.cases import CASES, NAMES, case_name, run_of
from tests.reference.record import measure_all
from tests.test_reference import REFERENCE, compare

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("default"),  # the libraries' own deprecations are theirs
]


@pytest.fixture(scope="module")
def measured():
    return measure_all()


def test_the_record_is_current(measured):
    assert measured == REFERENCE


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_module_equals_the_measured_one(measured, case):
    compare(run_of(*case), measured["cases"][case_name(*case)])
