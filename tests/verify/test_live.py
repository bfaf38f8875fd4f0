"""The recorded reference is what the real modules measure today, here; and wanmeter equals it."""

import pytest

from tests.reference.cases import CASES, NAMES, case_name, run_of
from tests.reference.compared import REFERENCE, compared
from tests.reference.record import measured

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("default"),  # the libraries' own deprecations are theirs
]


def test_the_record_has_every_case_and_these_versions():
    from wanmeter.verify.environment import compared_with

    assert REFERENCE["measured_with"] == compared_with()
    assert list(REFERENCE["cases"]) == NAMES


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_module_equals_the_measured_one(case):
    modules = measured(case)
    assert modules == REFERENCE["cases"][case_name(*case)]
    for rows, field, cost, recorded in compared(run_of(*case), modules):
        assert cost == recorded, (rows, field)
