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


def test_the_oldest_value_goes_when_there_are_too_many():
    values, made = Once(2), []
    for key in (1, 2, 1, 3, 2, 1):
        assert values(key, lambda key=key: made.append(key) or key) == key
    assert made == [1, 2, 3, 1]


def test_an_error_in_making_has_no_other_before_it():
    with pytest.raises(ZeroDivisionError) as error:
        Once()("key", lambda: 1 // 0)
    assert error.value.__context__ is None
