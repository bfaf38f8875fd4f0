"""The figure of an estimate says whether it fits, and draws the device's memory."""

import pytest

from tests.render.figures.legible import assert_legible, texts_of
from tests.strategies import EVERY_MODEL
from wanmeter import estimate
from wanmeter.render.figures.memory_by_phase import memory_by_phase
from wanmeter.units import GIB


@pytest.mark.parametrize("device", [None, "h100", "rtx_4090", "rtx_pro_6000"])
@pytest.mark.parametrize("profile", ["official", "diffusers", "ideal"])
def test_it_is_legible(profile, device):
    assert_legible(memory_by_phase(estimate("t2v-14b", "480p", profile=profile, device=device)))


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_it_is_legible_for_every_model(model):
    made = estimate(model, "tiny", device="rtx_4090", profile="diffusers")
    assert_legible(memory_by_phase(made))


@pytest.mark.parametrize(
    ("device", "answer"), [("h200", "Fits"), ("rtx_4090", "Does not fit"), (None, "At most")]
)
def test_the_title_is_the_answer(device, answer):
    assert memory_by_phase(estimate("t2v-14b", device=device)).caption.title.startswith(answer)


def test_bars_end_at_the_peaks_and_the_line_is_at_the_capacity():
    made = estimate("t2v-14b", "480p", device="h100")
    figure = memory_by_phase(made)
    sheet, texts = texts_of(figure)
    (axes,) = sheet.axes
    ends = {}
    for bar in axes.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        ends[row] = max(ends.get(row, 0), bar.get_x() + bar.get_width())
    peaks = [phase.peak_bytes.high / GIB for phase in made.phases]
    assert list(ends.values()) == pytest.approx(peaks)
    (line,) = [line for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert line.get_xdata()[0] == pytest.approx(made.capacity_bytes / GIB)
    assert f"{made.capacity_bytes / GIB:.1f} GiB" in [text for text, _ in texts]


def test_the_same_estimate_gives_the_same_bytes():
    figures = [memory_by_phase(estimate("t2v-1.3b", device="h100")).to_bytes("svg") for _ in "ab"]
    assert figures[0] == figures[1]
