"""The figures of memory: sums in GiB beside the memory of cards, and whether an estimate fits its device."""

import pytest

from tests.render.figures.legible import assert_legible, texts_of
from tests.strategies import EVERY_MODEL
from wanmeter import configure, estimate
from wanmeter.hardware import device
from wanmeter.render.figures import draw
from wanmeter.render.figures.memory import CARDS, memory_by_phase
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
    assert f"H100, {made.capacity_bytes / GIB:.1f} GiB" in [text for text, _ in texts]


@pytest.mark.parametrize("gpus", [1, 8])
def test_what_is_in_use_is_drawn_and_told_as_the_verdict_takes_it(gpus):
    made = estimate("i2v-14b", device="h100", overrides=[f"ulysses_degree={gpus}"])
    figure = memory_by_phase(made)
    (axes,) = texts_of(figure)[0].axes
    ends = [
        x for drawn in axes.collections for path in drawn.get_paths() for x in path.vertices[:, 0]
    ]
    used = made.device_bytes
    assert max(ends) == pytest.approx(used.high / GIB)
    told = f"{used.low / GIB:.1f} to {used.high / GIB:.1f} GiB"
    assert f": {told} in use, in " in figure.caption.title
    row = [phase.name for phase in made.phases].index(made.peak_phase.name)
    assert told in [text.get_text() for text in axes.texts if text.xy[1] == row]


@pytest.mark.parametrize(
    ("card", "name"), [("24", "rtx_4090"), ("32", "rtx_5090"), ("48", "l40s"), ("80", "h100")]
)
def test_cards_have_what_pytorch_reports_of_packaged_devices(card, name):
    assert CARDS[f"{card} GB"] == pytest.approx(device(name).capacity_bytes.value / GIB, abs=0.005)


def lines(axes):
    """The positions of vertical lines, from the left."""
    return sorted({line.get_xdata()[0] for line in axes.lines})


@pytest.mark.parametrize("model", ["t2v-1.3b", "t2v-14b", "t2v-a14b"])
def test_the_lines_are_those_of_cards_up_to_the_first_that_is_large_enough(model):
    (figure,) = draw(configure(model), ["memory"])
    sheet, texts = texts_of(figure)
    most = max(bar.get_x() + bar.get_width() for bar in sheet.axes[0].patches)
    drawn = lines(sheet.axes[0])
    assert drawn == [size for size in CARDS.values() if size <= drawn[-1]]
    assert drawn[-1] > most
    assert not drawn[1:] or drawn[-2] <= most
    named = [card for card, size in CARDS.items() if size == drawn[-1]]
    assert named[0] in [text for text, _ in texts]


def test_an_estimate_without_a_device_is_drawn_beside_cards():
    sheet, _ = texts_of(memory_by_phase(estimate("t2v-14b", "480p")))
    assert set(lines(sheet.axes[0])) <= set(CARDS.values())
    assert lines(sheet.axes[0])


def test_much_more_than_cards_have_leaves_their_names_legible():
    (figure,) = draw(configure("t2v-14b", batch_size=100), ["memory"])
    assert_legible(figure)
    assert figure.caption.title.endswith("too much for 80 GB")


def test_the_same_estimate_gives_the_same_bytes():
    figures = [memory_by_phase(estimate("t2v-1.3b", device="h100")).to_bytes("svg") for _ in "ab"]
    assert figures[0] == figures[1]
