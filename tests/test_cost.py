"""`StageCost`: its laws, for all values, and what it refuses."""

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import costs, counts, repeats
from wanmeter import InvalidValueError, StageCost
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.expression import Expression
from wanmeter.symbolic.polynomial import Symbol


@given(costs, costs, costs)
def test_one_after_the_other_is_associative(a, b, c):
    assert (a + b) + c == a + (b + c)


@given(costs, costs)
def test_one_after_the_other_is_commutative(a, b):
    assert a + b == b + a


@given(costs)
def test_doing_nothing_is_the_identity(a):
    assert a + StageCost() == a


@given(costs, costs, repeats)
def test_rerun_distributes_over_addition(a, b, n):
    assert (a + b).rerun(n) == a.rerun(n) + b.rerun(n)


@given(costs, costs, repeats)
def test_stacked_distributes_over_addition(a, b, n):
    assert (a + b).stacked(n) == a.stacked(n) + b.stacked(n)


@given(costs, repeats, repeats)
def test_reruns_multiply(a, m, n):
    assert a.rerun(m).rerun(n) == a.rerun(m * n)


@given(costs, repeats, repeats)
def test_stacks_multiply(a, m, n):
    assert a.stacked(m).stacked(n) == a.stacked(m * n)


@given(costs, repeats, repeats)
def test_rerun_and_stacked_commute(a, m, n):
    assert a.rerun(m).stacked(n) == a.stacked(n).rerun(m)


@given(costs)
def test_once_is_no_change(a):
    assert a.rerun(1) == a == a.stacked(1)


@given(costs, counts, repeats)
def test_what_is_held_neither_repeats_nor_stacks(a, held, n):
    assert a.holding(held).rerun(n).stacked(n) == a.rerun(n).stacked(n).holding(held)


EVERY_FIELD_ITS_OWN = StageCost(
    flops=2,
    vector_flops=3,
    bytes_read=5,
    bytes_written=7,
    params=11,
    weight_bytes=13,
    activation_bytes=17,
    kv_cache_bytes=19,
)


def test_addition_adds_counts_and_keeps_the_larger_peak():
    """Column "one after the other" of the definition, field by field."""
    b = evolve(EVERY_FIELD_ITS_OWN, activation_bytes=16)
    assert EVERY_FIELD_ITS_OWN + b == StageCost(
        flops=4,
        vector_flops=6,
        bytes_read=10,
        bytes_written=14,
        params=22,
        weight_bytes=26,
        activation_bytes=17,
        kv_cache_bytes=38,
    )


def test_rerun_multiplies_work_and_no_memory():
    """Column "same weights again" of the definition, field by field."""
    assert EVERY_FIELD_ITS_OWN.rerun(10) == StageCost(
        flops=20,
        vector_flops=30,
        bytes_read=50,
        bytes_written=70,
        params=11,
        weight_bytes=13,
        activation_bytes=17,
        kv_cache_bytes=19,
    )


def test_stacked_multiplies_everything_but_peak_activation():
    """Column "n distinct copies" of the definition, field by field."""
    assert EVERY_FIELD_ITS_OWN.stacked(10) == StageCost(
        flops=20,
        vector_flops=30,
        bytes_read=50,
        bytes_written=70,
        params=110,
        weight_bytes=130,
        activation_bytes=17,
        kv_cache_bytes=190,
    )


def test_there_is_no_multiplication_operator():
    with pytest.raises(TypeError):
        EVERY_FIELD_ITS_OWN * 40


@given(st.lists(costs, min_size=1, max_size=5))
def test_sum_runs_costs_in_sequence(several):
    assert sum(several) == sum(several, StageCost()) == StageCost.in_sequence(several)


@pytest.mark.parametrize("other", [1, -1, True, False, 0.0, "0", None])
def test_a_cost_adds_to_nothing_but_a_cost(other):
    """The 0 that `sum` begins with is the one exception."""
    with pytest.raises(TypeError):
        EVERY_FIELD_ITS_OWN + other
    with pytest.raises(TypeError):
        other + EVERY_FIELD_ITS_OWN
    with pytest.raises(TypeError):
        EVERY_FIELD_ITS_OWN + 0


@pytest.mark.parametrize("field", [field.name for field in fields(StageCost)])
@pytest.mark.parametrize("value", [True, 1.0, -1, "1", None])
def test_a_field_refuses_anything_but_a_non_negative_int(field, value):
    with pytest.raises(InvalidValueError, match=rf"StageCost.{field}: got "):
        StageCost(**{field: value})


@pytest.mark.parametrize("n", [0, -1, True, 2.0])
@pytest.mark.parametrize("law", ["rerun", "stacked"])
def test_repeats_are_positive_ints(law, n):
    with pytest.raises(InvalidValueError, match=rf"StageCost.{law}: got "):
        getattr(EVERY_FIELD_ITS_OWN, law)(n)


def test_repeats_may_be_symbols():
    """A symbol is not compared with 1: the outcome would depend on the workload."""
    steps = Expression.of(Algebra(), Symbol("steps", 1))
    for law in ("rerun", "stacked"):
        flops = getattr(StageCost(flops=6), law)(steps).flops
        assert isinstance(flops, Expression)
        assert flops - 6 * steps == 0


def test_derived_ratios():
    cost = StageCost(flops=60, bytes_read=20, bytes_written=10)
    assert cost.io_bytes == 30
    assert cost.arithmetic_intensity == 2.0
    assert StageCost(flops=3, bytes_read=1, bytes_written=1).arithmetic_intensity == 1.5
    assert StageCost(flops=1).arithmetic_intensity == 0.0


@pytest.mark.parametrize("held", [-1, 1.5, True, None])
def test_only_bytes_are_held(held):
    with pytest.raises(InvalidValueError, match=r"StageCost.holding: got .*; allowed: a non-neg"):
        StageCost().holding(held)
