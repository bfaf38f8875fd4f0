"""Which rate serves which work, and how full the waves of an attention kernel are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanmeter.estimation.timing import Timing
from wanmeter.execution.tape import Attended, Product
from wanmeter.execution.work import Work
from wanmeter.hardware import Rate


def timing(**changes):
    rate = Rate(value=1e12, relative_sigma=0.1, source="measured")
    names = ("matmul.bf16", "matmul.tf32", "matmul.fp32", "attention.fa2", "attention.fa3", "dram")
    given = {
        "rates": dict.fromkeys(names, rate),
        "sms": 100,
        "attention": "fa2",
        "tf32": False,
        "ulysses": 1,
        "ring": 1,
        "gpus": 1,
    }
    return Timing(**(given | changes))


@pytest.mark.parametrize(
    ("work", "changes", "name"),
    [
        (Work("matmul", "16", 1), {}, "matmul.bf16"),
        (Work("matmul", "32", 1), {}, "matmul.fp32"),
        (Work("matmul", "32", 1), {"tf32": True}, "matmul.tf32"),
        (Work("matmul", "8", 1), {}, "matmul.8_bits"),
        (Work("convolution", "16", 1), {}, "convolution.bf16"),
        (Work("convolution", "32", 1), {"tf32": True}, "convolution.fp32"),
        (Work("attention", "16", 1), {}, "attention.fa2"),
        (Work("attention", "16", 1), {"attention": "sage2"}, "attention.sage2"),
        (Work("attention", "32", 1), {}, "matmul.fp32"),
        (Work("dram", "", 1), {}, "dram"),
        (Work("all_to_all", "", 1), {"ulysses": 4, "gpus": 8}, "all_to_all.4"),
        (Work("all_gather", "", 1), {"ulysses": 4, "gpus": 8}, "all_gather.8"),
        (Work("send_recv", "", 1), {"ring": 2}, "send_recv"),
        (Work("host_copy", "pageable", 1), {}, "host_copy.pageable"),
        (Work("host_stream", "pinned", 1), {}, "host_copy.pinned"),
        (Work("cpu", "", 1), {}, "cpu"),
    ],
)
def test_work_is_served_by_its_rate(work, changes, name):
    assert timing(**changes).rate_of(work) == name


@pytest.mark.parametrize(
    ("attention", "attended", "efficiency"),
    [
        # 40 heads x 592 blocks of 128 queries are 23,680: 119 waves of 2 x 100, the last with 80.
        ("fa2", Attended(40, 75600 + 128, 128), 23680 / (119 * 200)),
        # One block more than a wave holds takes two.
        ("fa3", Attended(101, 128, 128), 101 / 200),
        ("fa3", Attended(100, 128, 128), 1.0),
        ("fa3", Attended(100, 1, 128), 1.0),
        ("fa2", None, 1.0),
        # 40 tiles of 128 x 256, or of 256 x 128, and 100 multiprocessors.
        ("fa2", Product(1, 1280, 1024), 0.4),
        # 100 tiles of 256 x 128 fill a wave; 150 of 128 x 256 do not fill two.
        ("fa2", Product(1, 25 * 256 - 128, 4 * 128), 1.0),
        ("fa2", Product(50, 64, 64), 0.5),
    ],
)
def test_the_last_wave_may_not_be_full(attention, attended, efficiency):
    assert timing(attention=attention).wave_efficiency(attended) == pytest.approx(efficiency)


@given(heads=st.integers(1, 100), queries=st.integers(1, 10**6), sms=st.integers(1, 200))
def test_waves_never_make_work_faster(heads, queries, sms):
    assert 0 < timing(sms=sms).wave_efficiency(Attended(heads, queries, 128)) <= 1


@given(heads=st.integers(1, 50), sms=st.integers(1, 200))
def test_many_queries_fill_their_waves(heads, sms):
    """At most one of many waves is not full."""
    assert timing(sms=sms).wave_efficiency(Attended(heads, 128 * 10**5, 128)) > 0.99


@given(amount=st.integers(1, 10**20), times=st.integers(2, 9))
def test_twice_the_work_takes_twice_as_long(amount, times):
    once, often = (timing().seconds(Work("dram", "", each)) for each in (amount, amount * times))
    assert often == pytest.approx(times * once)


def test_seconds_are_work_over_rate():
    """3e12 bytes at 1e12 a second."""
    assert timing().seconds(Work("dram", "", 3 * 10**12)) == 3.0
