"""Memory is used again only when no array is on it any more, and is never kept without limit."""

import mmap
import signal
from functools import partial
from operator import call
from threading import Thread

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wanmeter.sweeping.memory
from wanmeter.sweeping.memory import CAN_KEEP, HUGE_PAGE, Memory
from wanmeter.sweeping.wide import WIDE

INT = np.dtype(np.int64)
LONG = HUGE_PAGE // 2  # two huge pages of int64

keeps = pytest.mark.skipif(not CAN_KEEP, reason="only Linux takes memory that is kept")


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", [INT, WIDE, np.dtype(object), np.dtype(float)])
@pytest.mark.parametrize("length", [0, 1, LONG - 1, LONG, LONG + 1])
def test_a_column_has_its_type_and_length_and_takes_values(length, dtype):
    column = Memory().column(length, dtype)
    assert column.shape == (length,)
    assert column.dtype == dtype
    column[:] = np.zeros(length, dtype=dtype)
    assert (column == np.zeros(1, dtype=dtype)).all()


@keeps
def test_a_long_column_begins_at_a_huge_page():
    assert not address(Memory().column(LONG + 7, INT)) % HUGE_PAGE


@keeps
def test_a_column_takes_what_an_ended_one_had():
    memory = Memory()
    first = memory.column(LONG, INT)
    second = memory.column(LONG, INT)
    had = {address(first), address(second)}
    assert len(had) == 2
    del first, second
    again = [memory.column(LONG, INT) for _ in range(3)]
    assert had < set(map(address, again))


@keeps
@pytest.mark.parametrize(
    "view",
    [
        lambda column: column[-1:],
        lambda column: column.reshape(2, -1).T[:, 1],
        lambda column: np.broadcast_to(column[:1], 5),
        lambda column: column.view(WIDE)["low"],
        memoryview,
        pa.array,
        lambda column: pa.table({"a": column}).slice(3),
    ],
)
def test_whatever_is_made_of_a_column_keeps_its_memory(view):
    memory = Memory()
    column = memory.column(LONG, INT)
    column[:] = 7
    before, kept = address(column), view(column)
    del column
    assert not memory.kept_bytes
    assert address(memory.column(LONG, INT)) != before
    del kept
    assert memory.kept_bytes


@keeps
def test_memory_of_other_lengths_is_dropped():
    memory = Memory()
    memory.column(LONG, INT)
    assert memory.kept_bytes == LONG * 8 + HUGE_PAGE
    column = memory.column(LONG + 1, INT)
    assert not memory.kept_bytes
    del column
    assert memory.kept_bytes == (LONG + 1) * 8 + HUGE_PAGE


@keeps
def test_no_more_is_used_again_than_allowed(monkeypatch):
    memory = Memory()
    each = LONG * 8 + HUGE_PAGE
    monkeypatch.setattr(wanmeter.sweeping.memory, "MOST_BYTES", 2 * each)
    columns = [memory.column(LONG, INT) for _ in range(3)]
    assert not memory.kept_bytes
    del columns
    assert memory.kept_bytes == 2 * each


@keeps
@pytest.mark.parametrize("refused", [mmap.MADV_HUGEPAGE, mmap.MADV_FREE])
def test_a_system_that_refuses_keeps_nothing(monkeypatch, refused, capfd):
    class Refusing(mmap.mmap):
        def madvise(self, option):
            if option == refused:
                raise OSError(22, "Invalid argument")

    monkeypatch.setattr(wanmeter.sweeping.memory.mmap, "mmap", Refusing)
    memory = Memory()
    column = memory.column(LONG, INT)
    column[:] = 3
    assert (column == 3).all()
    del column
    assert not memory.kept_bytes
    assert not capfd.readouterr().err


@keeps
def test_more_memory_than_there_is_is_an_error():
    with pytest.raises(MemoryError):
        Memory().column(2**50, INT)


@keeps
@given(st.lists(st.tuples(st.sampled_from([LONG, LONG + 64]), st.integers(0, 7)), max_size=24))
def test_values_stay_while_others_come_and_go(made):
    memory, held = Memory(), {}
    for number, (length, place) in enumerate(made):
        column = memory.column(length, INT)
        column[::4096] = number
        # A view alone, in the place of another.
        held[place] = number, column[4096:].reshape(-1, 8)[:, :1]
        for value, view in held.values():
            assert (view.reshape(-1)[::512] == value).all()


@keeps
def test_threads_never_share_memory():
    memory, wrong = Memory(), []

    def take(value):
        for _ in range(200):
            column = memory.column(LONG, INT)
            column[::4096] = value
            wrong.extend(column[::4096][column[::4096] != value])

    threads = [Thread(target=take, args=(value,)) for value in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert memory.kept_bytes <= 4 * (LONG * 8 + HUGE_PAGE)


@keeps
def test_no_interrupt_is_lost_when_a_column_ends():
    """Python raises an interrupt in the next Python code, and would ignore it in a callback."""
    memory = Memory()
    columns = [memory.column(LONG, INT)]
    # The interrupt comes during the sum. None of these calls is Python code.
    calls = [
        partial(signal.setitimer, signal.ITIMER_REAL, 0.001),
        partial(sum, range(10**7)),
        columns.clear,
    ]
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(map(call, calls))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not columns
    assert memory.kept_bytes == LONG * 8 + HUGE_PAGE


@keeps
def test_memory_is_marked_before_it_can_be_taken_again(monkeypatch):
    """Marked after that, it would lose what a new column has."""
    memory, ended = Memory(), []

    class Recording(mmap.mmap):
        def madvise(self, option):
            if option == mmap.MADV_FREE:
                ended.append(len(memory._ended))

    monkeypatch.setattr(wanmeter.sweeping.memory.mmap, "mmap", Recording)
    memory.column(LONG, INT)
    assert ended == [0, 0]  # when it is new, and when its column ends
    assert memory.kept_bytes
