"""The figures: legible for every model, the same bytes every time, and what they are of stands in them."""

import os
import subprocess
import sys
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from wanmeter import InvalidValueError, UnknownNameError, __version__, configure
from wanmeter.figures import FIGURES, draw
from wanmeter.figures.canvas import style
from wanmeter.figures.curves import spread
from wanmeter.options import option_names

TINY = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")


def texts_of(figure):
    """Each text on the sheet, and the rectangle that it takes."""
    with style():
        sheet = figure.draw(figure.caption)
        canvas = FigureCanvasAgg(sheet)
        canvas.draw()
        unseen = {tick.label1 for axes in sheet.axes for tick in beyond_the_end(axes)}
        shown = [text for text in sheet.findobj(Text) if text.get_text() and text not in unseen]
        # Of an annotation the text alone: its pointer may touch what it points from.
        boxes = [(text.get_text(), Text.get_window_extent(text)) for text in shown]
    return sheet, [(text, box) for text, box in boxes if box.width > 1]  # what is drawn at all


def beyond_the_end(axes):
    """Ticks that an axis has, but does not draw."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        yield from (
            tick
            for tick in (*axis.majorTicks, *axis.minorTicks)
            if not low <= tick.get_loc() <= high
        )


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("model", option_names("model"))
def test_no_text_lies_on_another_or_leaves_the_sheet(model, name):
    # With both backends the caption is longest; in the other figures that would only take longer.
    layer_impls = ["shared", "wan2_1"] if name == "memory" else []
    (figure,) = draw(configure(model, "wan2-1-480p"), [name], layer_impls=layer_impls)
    sheet, texts = texts_of(figure)
    for text, box in texts:
        assert min(box.x0, box.y0) >= 0, text
        assert box.x1 <= sheet.bbox.width, text
        assert box.y1 <= sheet.bbox.height, text
    for (one, first), (other, second) in combinations(texts, 2):
        assert not first.overlaps(second), f"{one!r} lies on {other!r}"


@pytest.mark.parametrize("layout", ["png", "svg"])
def test_a_file_says_what_it_is_of(layout):
    for figure in draw(TINY):
        data = figure.to_bytes(layout)
        for said in (
            "wan2_1_t2v_1_3b: 1 x 256x256, 5 frames, 1 step without guidance",
            "layer_impl=shared",
            f"wanmeter {__version__}",
            figure.caption.title,
        ):
            assert said.encode() in data, figure.name


SCRIPT = """
import hashlib, sys
from wanmeter import configure
from wanmeter.figures import draw
for layout in ("png", "svg"):
    for figure in draw(configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny"), ["flops", "frames"]):
        print(hashlib.sha256(figure.to_bytes(layout)).hexdigest())
"""


def test_the_same_run_gives_the_same_bytes_anywhere(tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsavefig.dpi: 30\naxes.facecolor: red\n")
    surroundings = [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"},
        {"MATPLOTLIBRC": str(tmp_path)},
    ]
    printed = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, **each},
            check=True,
            capture_output=True,
        ).stdout
        for each in surroundings
    }
    assert len(printed) == 1


def test_the_users_own_settings_are_given_back():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    for figure in draw(TINY, ["flops"]):
        figure.to_bytes("svg")
    assert dict(mpl.rcParams) == before


def test_both_backends_are_drawn_over_each_other_and_differ_by_nothing():
    run = TINY
    alone, both = (list(draw(run, layer_impls=impls)) for impls in ([], ["shared", "wan2_1"]))
    for one, two in zip(alone, both, strict=True):
        assert "wan2_1:" not in one.caption.backends
        assert two.caption.backends == (
            "layer_impl=shared; over it, as outlines or dots, wan2_1: largest difference 0"
        )
        assert one.alt == two.alt
        sheets = [texts_of(each)[0] for each in (one, two)]
        drawn = [sum(len(a.lines) + len(a.patches) for a in sheet.axes) for sheet in sheets]
        assert drawn[1] > drawn[0]


def test_a_backend_that_differs_is_found_out(monkeypatch):
    from wanmeter.figures import subject as module

    real = module.Report.of

    def wrong(run):
        report = real(run)
        if run.layer_impl.name == "shared":
            return report
        return real(configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", "wan2_1", num_frames=9))

    monkeypatch.setattr(module.Report, "of", wrong)
    (figure,) = draw(TINY, ["flops"], layer_impls=["shared", "wan2_1"])
    assert "largest difference" in figure.caption.backends
    assert not figure.caption.backends.endswith("largest difference 0")


def test_the_words_say_what_the_picture_says():
    run = configure("wan2_1_t2v_14b", "wan2-1-720p")
    alt = {figure.name: figure.alt for figure in draw(run)}
    assert "transformer 652.3 PFLOP 99.9%" in alt["flops"]
    assert "self_attn: core 468.2 PFLOP 71.7%" in alt["flops"]
    assert "transformer 26.61 GiB + 4.650 GiB" in alt["memory"]
    assert "self_attn: core 37,800.0" in alt["intensity"]
    assert "from 1 frame to 161 frames" in alt["frames"]
    assert "text_encoder from 9.689 TFLOP to 9.689 TFLOP" in alt["steps"]


@pytest.mark.parametrize("stage", ["text_encoder", "transformer", "vae_decode"])
def test_some_stages_alone_can_be_drawn(stage):
    run = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", stages=[stage])
    for figure in draw(run):
        texts_of(figure)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(UnknownNameError, match="unknown figure 'flop'; did you mean 'flops'"):
        draw(TINY, ["flop"])
    with pytest.raises(UnknownNameError, match="unknown layer_impl"):
        draw(TINY, layer_impls=["both"])
    with pytest.raises(InvalidValueError, match="figures: got 'a run so large'"):
        draw(configure("wan2_1_t2v_1_3b", "wan2-1-720p", batch_size=10**9))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.01, 0.2))
def test_labels_are_spread_no_further_than_they_must(wanted, gap):
    places = spread(wanted, gap)
    ordered = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for low, high in pairwise(ordered):
        assert places[high] - places[low] >= gap - 1e-9
    apart = all(wanted[high] - wanted[low] >= gap for low, high in pairwise(ordered))
    if apart:
        assert places == wanted
