"""The table for people: the answer in one screen, numbers in the unit that reads, nothing that reads as zero."""

import pytest

from wanmeter import meter
from wanmeter.cli.output import to_text
from wanmeter.report.table import LARGEST, render
from wanmeter.terminal import SCREEN
from wanmeter.units import BYTES, FLOPS, readable

MODELS = ("t2v-14b", "i2v-14b", "vace-1.3b", "wan2_1_t2i_14b", "t2v-a14b", "i2v-a14b", "ti2v-5b")


def shown(report, depth=None, *, exact=False):
    return to_text(render(report, depth=depth, exact=exact))


def test_the_numbers_of_a_run():
    """283,001,787,777,024 FLOPs a pass, 50 steps of 2 passes: 28.30 PFLOP."""
    report = meter("wan2_1_t2v_1_3b", "wan2-1-480p", stages=["transformer"])
    text = shown(report)
    assert text.startswith("wan2_1_t2v_1_3b: 1 x 832x480, 81 frames, 50 steps with guidance")
    assert "layer_impl=shared" in text
    assert "28.30 PFLOP  100.0%" in text
    assert f"{100 * 283_001_787_777_024:,}" in shown(report, exact=True)


@pytest.mark.parametrize("model", MODELS)
def test_the_answer_is_one_screen(monkeypatch, model):
    """With a line for the next prompt; it begins with the totals."""
    monkeypatch.setenv("COLUMNS", "80")
    report = meter(model)
    title, answer, *_ = text = shown(report).splitlines()
    assert len(text) < SCREEN
    assert title == report.caption
    assert answer.startswith(f"{readable(report.total.flops, FLOPS)}, and ")
    assert readable(report.total.activation_bytes, BYTES) in " ".join(text[1:4])


@pytest.mark.parametrize("model", MODELS)
def test_the_largest_modules_stand_below_their_stages(model):
    report = meter(model)
    inner = sorted((row for row in report if row.depth == 2), key=lambda row: -row.cost.flops)
    largest = {row.path for row in inner[:LARGEST]}
    stage, found = "", []
    for line in shown(report).partition("\nmodule ")[2].splitlines()[1:]:
        if line.startswith("total "):
            break
        if line.startswith("  "):
            found.append(f"{stage}/{line.split()[0]}")
        else:
            stage = line.split()[0]
    assert set(found) == largest
    assert len(found) == LARGEST


def test_a_peak_includes_what_all_modules_around_keep_alive():
    """The MLP holds the run's peak: its line shows the stage's."""
    report = meter("wan2_1_t2v_1_3b", "wan2-1-480p", stages=["transformer"])
    lines = shown(report, depth=2).splitlines()
    peaks = {line.split()[0]: line.split()[-2:] for line in lines if line.startswith(("t", " "))}
    assert peaks["ffn"] == peaks["blocks"] == peaks["transformer"] == peaks["total"]


def test_small_is_not_zero_and_nothing_is_a_dash():
    text = shown(meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny"), depth=4)
    assert "<0.1%" in text
    assert " -" in text
    assert " 0 " not in text
    assert " 0.0" not in text


def test_depth_limits_the_levels():
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
    assert "self_attn" not in shown(report, depth=1)
    assert "norm_q" in shown(report, depth=3)


def test_numbers_past_every_float_are_shown():
    text = shown(meter("wan2_1_t2v_1_3b", "wan2-1-480p", batch_size=2**62))
    assert "inf" not in text
    assert "1 frame, 50 steps" in shown(meter("wan2_1_t2v_1_3b", "wan2-1-1024-image"))


def test_reference_images_are_in_the_title():
    report = meter("wan2_1_vace_1_3b", "wan2-1-ci-tiny", num_reference_images=2)
    told = " ".join(shown(report).split())
    assert "256x256, 5 frames and 2 reference images, 1 step without guidance" in told


def test_where_all_conventions_are_is_said():
    """The page that is named has all that no cost has."""
    assert "All conventions: `wanmeter dump`, docs/numbers.md." in " ".join(
        shown(meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")).split()
    )


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        ("t2v-a14b", {}, True),
        ("i2v-a14b", {}, True),
        ("t2v-a14b", {"overrides": ["time_embedding=per_sample"]}, False),
        ("t2v-a14b", {"stages": ["vae_decode"]}, False),
        ("ti2v-5b", {}, False),
        ("t2v-14b", {}, False),
    ],
)
def test_what_diffusers_embeds_otherwise_is_said(model, given, said):
    """A14B once per sample; the 5B per token, as the official code does."""
    text = shown(meter(model, **given))
    assert ("for diffusers, set time_embedding=per_sample" in text) is said
