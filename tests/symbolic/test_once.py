"""A value is made once, whichever threads ask for it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from wanmeter.symbolic.once import Once


def test_threads_that_ask_at_once_get_one_value():
    values, made, together = Once(), [], Barrier(8)

    def make():
        made.append(1)
        return object()

    def ask(_):
        together.wait()
        return values("key", make)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(8)))
    assert (len(found), len(made)) == (1, 1)


def test_making_may_need_another_value():
    forms, functions = Once(), Once()
    assert functions("f", lambda: forms("a", lambda: 3) + forms("b", lambda: 4)) == 7


def test_what_cannot_be_made_is_tried_again():
    values = Once()
    with pytest.raises(ZeroDivisionError):
        values("key", lambda: 1 // 0)
    assert values("key", lambda: 2) == 2
