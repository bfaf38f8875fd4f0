"""The figure of an estimate's time: bars sum to the terms, and the title states the largest share."""

from collections import Counter

import pytest

from tests.render.figures.legible import assert_legible, texts_of
from tests.strategies import EVERY_MODEL
from wanmeter import InvalidValueError, estimate
from wanmeter.hardware import Device
from wanmeter.render.figures.on_device import KINDS
from wanmeter.render.figures.time_by_term import time_by_term

LARGEST = {
    "attention": "Attention takes",
    "matmul": "Matrix products take",
    "convolution": "Convolutions take",
    "dram": "Element-wise kernels take",
}


def made(model="t2v-14b", device="h100", *overrides):
    return estimate(model, device=device, overrides=overrides)


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_it_is_legible_for_every_model(model):
    assert_legible(time_by_term(estimate(model, "tiny", device="rtx_4090", profile="diffusers")))


@pytest.mark.parametrize("degree", [1, 8])
def test_it_is_legible_with_every_kind_of_work(degree):
    assert_legible(time_by_term(made("t2v-a14b", "h100", f"ulysses_degree={degree}")))


@pytest.mark.parametrize("case", [("t2v-14b", "h100"), ("ti2v-5b", "rtx_4090")])
def test_the_title_states_the_largest_share(case):
    given = made(*case)
    seconds = Counter()
    for term in given.terms:
        seconds[term.term.split(".")[0]] += term.seconds
    ((largest, own),) = seconds.most_common(1)
    share = 100 * own / sum(seconds.values())
    assert time_by_term(given).caption.title.startswith(f"{LARGEST[largest]} {share:.0f} % of ")


def test_bars_sum_to_the_terms_on_a_linear_axis():
    given = made("i2v-14b", "a100")
    sheet, _ = texts_of(time_by_term(given))
    (axes,) = sheet.axes
    lengths = Counter()
    for bar in axes.patches:
        lengths[round(bar.get_y() + bar.get_height() / 2)] += bar.get_width()
    by_stage = Counter()
    for term in given.terms:
        by_stage[term.stage] += term.seconds / 60
    assert [lengths[row] for row in sorted(lengths)] == pytest.approx(list(by_stage.values()))
    assert sum(lengths.values()) * 60 == pytest.approx(given.seconds.value)
    assert axes.get_xscale() == "linear"
    assert axes.get_xlim()[0] == 0


def test_the_legend_has_only_what_occurs():
    names = {kind.name for kind in KINDS.values()}

    def named(given):
        sheet, _ = texts_of(time_by_term(given))
        labels = [text.get_text() for text in sheet.axes[0].get_legend().get_texts()]
        return {name for name in names if any(label.startswith(name) for label in labels)}

    assert named(made("t2v-14b", "h100", "ulysses_degree=8")) >= {"links between GPUs"}
    assert "links between GPUs" not in named(made())


@pytest.mark.parametrize("device", [None, Device.of_capacity(80)])
def test_without_rates_it_is_refused(device):
    with pytest.raises(InvalidValueError, match="a device with rates"):
        time_by_term(estimate("t2v-1.3b", "tiny", device=device))


@pytest.mark.parametrize("layout", ["png", "svg"])
def test_the_same_estimate_gives_the_same_bytes(layout):
    figures = [time_by_term(made("t2v-1.3b")).to_bytes(layout) for _ in "ab"]
    assert figures[0] == figures[1]
