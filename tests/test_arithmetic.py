"""The helpers that formulas are written with."""

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from wanmeter.arithmetic import peak, smallest, tensor_bytes


@given(st.integers(0, 10**30), st.integers(1, 64))
def test_a_tensor_is_rounded_up_to_whole_bytes_once(elements, bits):
    assert tensor_bytes(elements, bits) == ceil(Fraction(elements * bits, 8))


def test_peak_is_the_largest_and_zero_of_nothing():
    assert peak(3, 7, 5) == 7
    assert peak() == 0


@given(st.lists(st.integers(0, 10**30), min_size=1))
def test_the_smallest_is_what_min_says(counts):
    assert smallest(*counts) == min(counts)
