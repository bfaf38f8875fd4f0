"""Comparisons: every difference is found, exactly, and the largest comes first."""

import time
from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from wanmeter import InvalidValueError, UnknownNameError, meter
from wanmeter.cli.output import to_text
from wanmeter.report.comparison import COUNTS, QUANTITIES, Comparison, Difference
from wanmeter.report.comparison_text import render
from wanmeter.units import FLOPS, change, readable

SMALL = meter("wan2_1_t2v_1_3b", "wan2-1-480p")
LARGE = meter("wan2_1_t2v_1_3b", "wan2-1-720p")
CORE = "transformer/blocks/self_attn/core"


def with_row(report, path, **changes):
    """The report with one row changed."""
    rows = (evolve(row, **changes) if row.path == path else row for row in report)
    return evolve(report, modules=tuple(rows))


def test_a_report_does_not_differ_from_itself_nor_from_the_other_backend():
    for other in (SMALL, meter("wan2_1_t2v_1_3b", "wan2-1-480p", "wan2_1")):
        comparison = Comparison(SMALL, other)
        assert not any(comparison.differences(quantity) for quantity in QUANTITIES)
        assert all(each.absolute == 0 for each in comparison.total)
        assert comparison.above(Fraction(0)) == ()


def test_a_comparison_is_shown_on_one_line():
    one, other = (readable(report.total.flops, FLOPS) for report in (SMALL, LARGE))
    part = change(SMALL.total.flops, LARGE.total.flops)
    wanted = f"<Comparison of wan2_1_t2v_1_3b: {one}, {other}, {part}>"
    assert repr(Comparison(SMALL, LARGE)) == wanted
    two = evolve(LARGE, model=evolve(LARGE.model, name="mine"))
    assert repr(Comparison(SMALL, two)).startswith("<Comparison of wan2_1_t2v_1_3b and mine: ")


def test_only_the_backends_name_differs():
    (setting,) = Comparison(SMALL, meter("wan2_1_t2v_1_3b", "wan2-1-480p", "wan2_1")).settings
    assert (setting.key, setting.first, setting.second) == (
        "provenance.layer_impl",
        "shared",
        "wan2_1",
    )


def test_the_greatest_difference_stands_first_and_every_one_stands_there():
    differences = Comparison(SMALL, LARGE).differences("flops")
    sizes = [abs(each.absolute) for each in differences]
    assert sizes == sorted(sizes, reverse=True)
    assert {each.path for each in differences} == {
        row.path for row in SMALL if row.cost.flops != LARGE[row.path].cost.flops
    }
    core = next(each for each in differences if each.path == CORE)
    # Scores grow with the square of the tokens: 1280 x 720 pixels to 832 x 480.
    assert core.relative == Fraction(1280 * 720, 832 * 480) ** 2 - 1


def test_settings_are_named_as_in_a_configuration():
    keys = [setting.key for setting in Comparison(SMALL, LARGE).settings]
    assert keys == ["workload.height", "workload.width"]
    models = Comparison(SMALL, meter("wan2_1_i2v_14b", "wan2-1-480p"))
    missing = {s.key: s.first for s in models.settings if s.key.startswith("image_encoder.")}
    assert missing
    assert set(missing.values()) == {None}


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_one_changed_number_is_one_difference(quantity):
    row = SMALL[CORE]
    if quantity in COUNTS:
        cost = evolve(row.cost, **{quantity: getattr(row.cost, quantity) + 1})
        edited = with_row(SMALL, CORE, cost=cost)
    else:
        edited = with_row(SMALL, CORE, **{quantity: getattr(row, quantity) + 1})
    found = {name: Comparison(SMALL, edited).differences(name) for name in QUANTITIES}
    assert [name for name, differences in found.items() if differences] == [quantity]
    assert [(each.path, each.absolute) for each in found[quantity]] == [(CORE, 1)]
    assert f"{CORE}: {quantity}" in Comparison(SMALL, edited).above(Fraction(0))


def test_modules_of_one_report_only():
    image = meter("wan2_1_i2v_14b", "wan2-1-480p")
    text = meter("wan2_1_t2v_14b", "wan2-1-480p")
    comparison = Comparison(text, image)
    assert comparison.only_in_first == ()
    assert {row.stage for row in comparison.only_in_second} >= {"image_encoder", "vae_encode"}
    encoder = next(d for d in comparison.differences("flops") if d.path == "image_encoder")
    assert (encoder.first, encoder.second) == (None, image["image_encoder"].cost.flops)
    assert Comparison(image, text).only_in_first == comparison.only_in_second
    assert "image_encoder is in one report only" in comparison.above(Fraction(10**9))


def test_what_is_asked_is_exact():
    comparison = Comparison(SMALL, LARGE)
    some = comparison.above(Fraction(0), (name for name in ("flops", "params")))
    assert some == comparison.above(0, ["flops", "params"])
    assert len(some) > 50
    for part in (float("nan"), 0.5, -1, True, None):
        with pytest.raises(
            InvalidValueError, match=r"part: got .*; allowed: a non-negative int or Fraction"
        ):
            comparison.above(part)
    for ask in (comparison.differences, lambda name: comparison.above(0, [name])):
        with pytest.raises(
            UnknownNameError, match="unknown quantity 'flopz'; did you mean 'flops'"
        ):
            ask("flopz")


def test_modules_by_the_thousand_are_told_in_time():
    row = SMALL["transformer/unpatchify"]
    one, other = (
        evolve(
            SMALL,
            modules=(*SMALL, *(evolve(row, path=f"transformer/{side}{i}") for i in range(10_000))),
        )
        for side in ("first", "second")
    )
    began = time.process_time()
    told = to_text(render(Comparison(one, other), ("A", "B"), ["flops"], top=1))
    assert time.process_time() - began < 20  # a minute and more, if each were sought in all others
    assert told.count("\n  transformer/first") == told.count("\n  transformer/second") == 10_000


def test_modules_are_told_by_those_that_they_are_part_of():
    image = meter("wan2_1_i2v_14b", "wan2-1-480p")
    text = meter("wan2_1_t2v_14b", "wan2-1-480p")
    told = to_text(render(Comparison(text, image), ("A", "B"), ["flops"], top=1))
    parts = sum(row.stage == "vae_encode" for row in image) - 1
    assert f"  vae_encode, and its {parts} parts\n" in told
    assert "  vae_encode/" not in told


def test_what_is_above_a_part_is_above_it_either_way():
    # Pixels grow by 2.3, scores by its square: 432.6 % more, or 81.2 % less.
    larger, smaller = Comparison(SMALL, LARGE), Comparison(LARGE, SMALL)
    assert f"{CORE}: flops" in larger.above(Fraction(432, 100))
    assert f"{CORE}: flops" not in larger.above(Fraction(433, 100))
    assert f"{CORE}: flops" in smaller.above(Fraction(81, 100))
    assert f"{CORE}: flops" not in smaller.above(Fraction(82, 100))
    assert "total: flops" in larger.above(Fraction(3), ["flops"])
    assert not any(each.endswith("bytes_read") for each in larger.above(Fraction(0), ["flops"]))


def test_something_out_of_nothing_is_above_everything():
    assert Difference("x", "flops", 0, 1).relative is None
    assert Difference("x", "flops", 1, 0).relative == -1
    assert Difference("x", "flops", 0, 0).relative == 0
    row = SMALL["transformer/unpatchify"]
    edited = with_row(SMALL, row.path, cost=evolve(row.cost, flops=1))
    assert f"{row.path}: flops" in Comparison(SMALL, edited).above(Fraction(10**9))


@given(first=st.integers(0, 10**30), second=st.integers(0, 10**30))
def test_a_change_reads_as_it_is(first, second):
    text = change(first, second)
    if first == second:
        assert text == "0%"
    elif not first:
        assert text == "new"
    else:
        assert text[0] == ("+" if second > first else "-")
        exact = Fraction(100 * abs(second - first), first)
        if text[1] == "<":
            assert exact < Fraction(1, 10)
        else:
            stated = Fraction(text[1:-1].replace(",", ""))
            assert abs(stated - exact) <= Fraction(1, 20)
