"""Terms add up; what hides is not counted; the band follows from the rates' errors."""

from math import exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.estimation.test_timing import timing
from wanmeter.estimation.terms import BAND_SIGMAS, MODEL_SIGMA, spent, terms, total
from wanmeter.execution.work import Work
from wanmeter.hardware import Rate

TERA = 10**12
RATES = {
    "matmul.bf16": Rate(value=2e12, relative_sigma=0.05, source="measured"),
    "attention.fa2": Rate(value=1e12, relative_sigma=0.1, source="measured"),
    "dram": Rate(value=1e12, relative_sigma=0.15, source="ASSUMED: a guess"),
    "send_recv": Rate(value=1e12, relative_sigma=0.5, source="FITTED: on a run"),
    "host_copy.pinned": Rate(value=1e12, relative_sigma=0.2, source="measured"),
}


def clock(**changes):
    return timing(rates=RATES, **changes)


def test_each_stage_has_a_term_for_each_rate():
    """4 TFLOP at 2 TFLOP/s, twice 3 TB at 1 TB/s, 1 TB more."""
    work = {
        "a": [
            Work("matmul", "16", 4 * TERA),
            Work("dram", "", 3 * TERA),
            Work("dram", "x", 3 * TERA),
        ],
        "b": [Work("dram", "", TERA)],
    }
    made = [(term.stage, term.term, term.work, term.seconds) for term in terms(work, clock())]
    assert made == [
        ("a", "matmul.bf16", 4 * TERA, 2.0),
        ("a", "dram", 6 * TERA, 6.0),
        ("b", "dram", TERA, 1.0),
    ]
    assert [term.origin for term in terms(work, clock())] == ["published", "assumed", "assumed"]


def test_the_whole_is_the_sum_of_its_terms():
    work = {"a": [Work("matmul", "16", 4 * TERA)], "b": [Work("dram", "", 3 * TERA)]}
    seconds = total([spent(each, clock()) for each in work.values()], clock())
    assert seconds.value == sum(term.seconds for term in terms(work, clock())) == 5.0


def test_the_band_follows_from_the_errors_of_the_rates():
    """2 of 5 seconds with 5 %, 3 of 5 with 15 %."""
    stages = [spent([Work("matmul", "16", 4 * TERA), Work("dram", "", 3 * TERA)], clock())]
    sigma = sqrt(MODEL_SIGMA**2 + (0.4 * 0.05) ** 2 + (0.6 * 0.15) ** 2)
    seconds = total(stages, clock())
    assert seconds.low == pytest.approx(5 * exp(-BAND_SIGMAS * sigma))
    assert seconds.high == pytest.approx(5 * exp(BAND_SIGMAS * sigma))


def test_errors_of_one_rate_are_the_same_in_all_stages():
    """Divided among stages, the same work has the same band."""
    whole = total([spent([Work("dram", "", 4 * TERA)], clock())], clock())
    parts = total([spent([Work("dram", "", TERA)], clock())] * 4, clock())
    assert parts == pytest.approx(whole)


@pytest.mark.parametrize(
    ("sent", "hidden"),
    [(1 * TERA, 1.0), (3 * TERA, 3.0), (5 * TERA, 3.0)],
)
def test_a_ring_sends_while_it_attends_but_for_the_last_step(sent, hidden):
    """4 s of attention on 4 GPUs: of 3 s of them something may be sent meanwhile."""
    work = [Work("attention", "16", 4 * TERA), Work("send_recv", "", sent)]
    made = spent(work, clock(ring=4))["send_recv"]
    assert (made.alone, made.hidden) == (sent / TERA, hidden)


def test_a_stream_brings_weights_while_kernels_run():
    """2 s of products and 3 s of other kernels hide 5 of 6 s."""
    work = [
        Work("matmul", "16", 4 * TERA),
        Work("dram", "", 3 * TERA),
        Work("host_stream", "pinned", 6 * TERA),
    ]
    made = spent(work, clock())["host_copy.pinned"]
    assert (made.alone, made.hidden, made.seconds) == (6.0, 5.0, 1.0)


@given(
    products=st.integers(1, 10**15),
    moved=st.integers(1, 10**15),
    streamed=st.integers(1, 10**15),
)
def test_hiding_never_takes_more_than_there_is(products, moved, streamed):
    work = [
        Work("matmul", "16", products),
        Work("dram", "", moved),
        Work("host_stream", "pinned", streamed),
    ]
    made = spent(work, clock())["host_copy.pinned"]
    assert 0 <= made.hidden <= made.alone
    seconds = total([spent(work, clock())], clock())
    assert seconds.low < seconds.value < seconds.high
    assert seconds.value >= max(products / 2e12 + moved / 1e12, streamed / 1e12) * (1 - 1e-12)
