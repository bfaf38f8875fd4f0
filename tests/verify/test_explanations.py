"""What explains a gap is exact: causes add up, and the stated peak is the operator's with all that is held around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import EVERY_MODEL
from wanmeter import configure, meter
from wanmeter.report import Report
from wanmeter.verify.memory import _modelled_peak
from wanmeter.verify.real.trace_records import TracedOperator, Traffic
from wanmeter.verify.traffic import CASTS, CAUSES, COPIES, MATRIX, gap

REPORT = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
OPERATORS = [row for row in REPORT if row.kind]

counts = st.integers(0, 10**12)
traced = st.tuples(
    st.builds(
        TracedOperator,
        row=st.just("transformer"),
        name=st.sampled_from([*sorted(CASTS | COPIES | MATRIX), "mul", "add"]),
        reads=st.just(("float32",)),
        writes=st.just(("float32",)),
    ),
    st.builds(
        Traffic,
        calls=st.just(1),
        bytes_read=counts,
        bytes_written=counts,
        wide_bytes=st.integers(-(10**6), 10**6),
    ),
)


@given(
    modelled=st.lists(st.sampled_from(OPERATORS), max_size=5, unique_by=lambda row: row.path),
    moved=st.lists(traced, max_size=8),
)
def test_causes_add_up_to_what_is_moved_beyond_the_cost(modelled, moved):
    causes = gap(modelled, moved)
    assert causes.keys() == CAUSES.keys()
    beyond = sum(each.io_bytes for _, each in moved) - sum(row.cost.io_bytes for row in modelled)
    assert sum(causes.values()) == beyond


def test_each_operator_has_its_cause():
    def of(name, wide=0):
        operator = TracedOperator("transformer", name, ("float32",), ("float32",))
        moved = Traffic(calls=1, bytes_read=70, bytes_written=30, wide_bytes=wide)
        return {cause: count for cause, count in gap([], [(operator, moved)]).items() if count}

    assert of("_to_copy", wide=40) == {"casts": 100}
    assert of("cat", wide=40) == {"copies": 100}
    assert of("mm") == {"matrix": 100}
    assert of("mul", wide=40) == {"float32": 40, "unfused": 60}


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_the_operator_at_the_stated_peak_and_what_is_held_around_it_make_the_peak(model):
    report = Report.of(configure(model, "wan2-1-480p"))
    peaks = {row.path: peak_bytes for row, peak_bytes in report.peaks}
    for stage in report.stages:
        rows = _modelled_peak(report, stage.path).rows
        named = rows[-1][0].removeprefix("inputs and output of ")
        assert sum(count for _, count in rows) == stage.cost.activation_bytes
        assert report[named].kind is not None
        assert peaks[named] == stage.cost.activation_bytes
