"""Checks: what holds, what fails, and what is neither."""

import pytest
from attrs import evolve

from wanmeter import configure
from wanmeter.verify import Check, Outcome, Relation, Section, Verification


def check(analytic, measured, **changes):
    return Check(
        subject="blocks",
        quantity="flops",
        layer_impl="shared",
        analytic=analytic,
        measured=measured,
        **changes,
    )


@pytest.mark.parametrize(
    ("analytic", "measured", "relation", "outcome"),
    [
        (10, 10, Relation.EQUAL, Outcome.HOLDS),
        (11, 10, Relation.EQUAL, Outcome.FAILS),
        (9, 10, Relation.EQUAL, Outcome.FAILS),
        (9, 10, Relation.AT_MOST, Outcome.HOLDS),
        (10, 10, Relation.AT_MOST, Outcome.HOLDS),
        (11, 10, Relation.AT_MOST, Outcome.FAILS),
        (None, 10, Relation.EQUAL, Outcome.NOT_COMPARED),
        # A difference of one in what no float can tell apart.
        (10**18 + 1, 10**18, Relation.EQUAL, Outcome.FAILS),
        (10, None, Relation.EQUAL, Outcome.NOT_COMPARED),
    ],
)
def test_outcomes(analytic, measured, relation, outcome):
    assert check(analytic, measured, relation=relation).outcome is outcome


def test_the_difference_is_signed_and_absent_where_nothing_was_measured():
    assert check(9, 10).difference == -1
    assert check(9, None).difference is None


HOLDS, FAILS, NOT_COMPARED = check(1, 1), check(1, 2), check(1, None)
OUTSIDE = check(1, None, outside=True)


@pytest.mark.parametrize(
    ("checks", "absent", "holds"),
    [
        ([HOLDS], False, True),
        ([HOLDS, NOT_COMPARED], False, False),
        ([HOLDS, OUTSIDE], False, True),
        ([OUTSIDE], False, False),
        ([HOLDS, FAILS], False, False),
        ([NOT_COMPARED], False, False),
        ([], False, False),
        ([], True, True),
    ],
)
def test_a_section_holds_when_everything_that_could_be_compared_was_and_does(checks, absent, holds):
    section = Section(name="layers", note="", checks=tuple(checks), absent=absent)
    assert section.holds is holds


HELD = Section(name="layers", note="", checks=(HOLDS,))
ABSENT = Section(name="image-encoder", note="", absent=True)


@pytest.mark.parametrize(
    ("sections", "holds"),
    [([HELD], True), ([HELD, ABSENT], True), ([ABSENT], False), ([], False)],
)
def test_a_verification_of_nothing_does_not_hold(sections, holds):
    made = Verification(
        run=configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny"),
        layer_impls=("shared",),
        sections=tuple(sections),
        environment={},
    )
    assert made.holds is holds


def test_a_verification_is_shown_on_one_line():
    failing = Section(name="vae", note="", checks=(check(11, 10), check(None, 10), HOLDS))
    made = Verification(
        run=configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny"),
        layer_impls=("shared",),
        sections=(HELD, failing),
        environment={},
    )
    assert repr(made) == (
        "<Verification of wan2_1_t2v_1_3b: does not hold; checks: 2 holds, 1 fails, 1 not compared>"
    )
    held = repr(evolve(made, sections=(HELD,)))
    assert held.startswith("<Verification of wan2_1_t2v_1_3b: holds; checks: 1 holds")
