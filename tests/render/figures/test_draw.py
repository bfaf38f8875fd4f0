"""The figures: the same bytes every time, with a caption that names the run."""

import os
import subprocess
import sys
import warnings
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex

from tests.render.figures.legible import TINY, texts_of
from wanmeter import InvalidValueError, UnknownNameError, __version__, configure
from wanmeter.configs import option_names
from wanmeter.render.figures import FIGURES, draw, run_by_backend
from wanmeter.render.figures.areas import spread
from wanmeter.render.figures.percent import exact_percent
from wanmeter.render.figures.slices import stages, transformer_modules
from wanmeter.render.figures.style import COLOURS, REST
from wanmeter.report import Report


@pytest.mark.parametrize("layout", ["png", "svg"])
def test_a_file_says_what_it_is_of(layout):
    for figure in draw(TINY, ["flops", "memory", "frames"]):
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
from wanmeter.configs import option_names
from wanmeter.render.figures import draw
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
            "layer_impl=shared; as outlines or dots, wan2_1: largest difference 0"
        )
        assert one.alt == two.alt
        sheets = [each.draw(each.caption) for each in (one, two)]
        drawn = [sum(len(a.lines) + len(a.patches) for a in sheet.axes) for sheet in sheets]
        assert drawn[1] > drawn[0]


def test_a_backend_that_differs_is_found_out(monkeypatch):
    real = run_by_backend.Report.of

    def wrong(run):
        report = real(run)
        if run.layer_impl.name == "shared":
            return report
        first, *others = report.modules
        more = evolve(first, cost=evolve(first.cost, bytes_read=first.cost.bytes_read + 5 * 2**20))
        return evolve(report, modules=(more, *others))

    monkeypatch.setattr(run_by_backend.Report, "of", wrong)
    told = {
        figure.name: figure.caption.backends.partition("largest difference ")[2]
        for figure in draw(TINY, FIGURES, layer_impls=["shared", "wan2_1"])
    }
    shown = "5.243 MB"  # 5 x 2^20
    assert told == {name: shown if name in ("bytes", "intensity") else "0" for name in FIGURES}


def test_other_warnings_are_heard(monkeypatch):
    (figure,) = draw(TINY, ["memory"])

    def warns(caption):
        warnings.warn("something else", UserWarning, stacklevel=1)
        return figure.draw(caption)

    with pytest.warns(UserWarning, match="something else"):
        evolve(figure, draw=warns).to_bytes()


def test_colours_mean_one_thing():
    assert len(set(COLOURS.values())) == len(COLOURS)
    memory, curve = (texts_of(figure)[0] for figure in draw(TINY, ["memory", "frames"]))
    stages = {COLOURS[stage.path].lower() for stage in Report.of(TINY).stages}
    assert not {to_hex(patch.get_facecolor()) for patch in memory.axes[0].patches} & stages
    areas = curve.axes[0].collections
    assert all(area.get_alpha() is None for area in areas)
    assert [to_hex(area.get_facecolor()[0]).upper() for area in areas] == [
        COLOURS[name] for name in ("self_attn core", "transformer", "text_encoder", "vae_decode")
    ]


def test_shares_say_where_they_are():
    (figure,) = draw(configure("wan2_1_t2v_14b", "wan2-1-720p"), ["frames"])
    shown = [text for text, _ in texts_of(figure)[1]]
    assert any("shares are those at 161 frames" in text for text in shown)
    assert "81 frames: 653.0 PFLOP" in shown
    assert "self_attn core 83.2 %" in shown
    assert "At 81 frames: self_attn core 71.7 %" in figure.alt
    assert "At 161 frames: self_attn core 83.2 %" in figure.alt


@pytest.mark.parametrize(
    ("model", "workload", "titles"),
    [
        (
            "wan2_1_t2v_14b",
            "wan2-1-720p",
            [
                "71.7 % of the FLOPs go to self_attn core",
                "25.9 % of the bytes go to norms, modulation, residuals",
                "transformer needs at least 31.3 GiB if held whole: too much for 24 GB",
                "At least 99.9 % of the FLOPs are compute-bound on these cards",
                "161 frames: 3.285 times the FLOPs of 81 frames",
            ],
        ),
        (
            "wan2_1_t2v_1_3b",
            "wan2-1-ci-tiny",
            [
                "60.0 % of the FLOPs go to vae_decode",
                "45.3 % of the bytes go to vae_decode",
                "text_encoder needs at least 10.6 GiB if held whole",
                "At least 23.3 % of the FLOPs are compute-bound on these cards",
                "161 frames: 28.05 times the FLOPs of 5 frames",
            ],
        ),
    ],
)
def test_titles_are_answers(model, workload, titles):
    names = ["flops", "bytes", "memory", "intensity", "frames"]
    assert [each.caption.title for each in draw(configure(model, workload), names)] == titles


@pytest.mark.parametrize("model", option_names("model"))
def test_titles_are_true_of_every_model(model):
    run = configure(model)
    report = Report.of(run)
    parts = [part for part in stages(report) if part.name != "transformer"]
    parts += transformer_modules(report)
    most = max(parts, key=lambda part: part.cost.flops)
    (figure,) = draw(run, ["flops"])
    percent = exact_percent(most.cost.flops, report.total.flops)
    assert figure.caption.title == f"{percent} of the FLOPs go to {most.name}"


@pytest.mark.parametrize("name", ["flops", "bytes"])
def test_only_the_bar_that_the_title_names_has_a_colour(name):
    (figure,) = draw(configure("wan2_1_t2v_14b", "wan2-1-720p"), [name])
    (axes,) = texts_of(figure)[0].axes
    first, *others = [to_hex(patch.get_facecolor()).upper() for patch in axes.patches]
    named = axes.get_yticklabels()[0].get_text().replace("\n", " ")
    assert figure.caption.title.endswith(f"go to {named}")
    assert first in COLOURS.values()
    assert set(others) == {REST}


def test_the_words_say_what_the_picture_says():
    run = configure("wan2_1_t2v_14b", "wan2-1-720p")
    alt = {figure.name: figure.alt for figure in draw(run)}
    assert "transformer 652.3 PFLOP 99.9 %" in alt["flops"]
    assert "self_attn core 468.2 PFLOP 71.7 %" in alt["flops"]
    assert "transformer 26.61 + 4.65 = 31.26" in alt["memory"]
    assert "self_attn core 37,800" in alt["intensity"]
    assert "From 1 frame to 161 frames" in alt["frames"]
    assert "text_encoder from 9.689 TFLOP to 9.689 TFLOP" in alt["frames"]


@pytest.mark.parametrize(
    "stage", ["text_encoder", "image_encoder", "vae_encode", "transformer", "vae_decode"]
)
def test_some_stages_alone_can_be_drawn(stage):
    names = ["flops", "memory", "intensity", "frames"]
    run = configure("wan2_1_i2v_14b", "wan2-1-ci-tiny", stages=[stage])
    for figure in draw(run, names):
        # On curves, a name stands before its share; the transformer is in two parts.
        words = {word for text, _ in texts_of(figure)[1] for word in text.split()}
        assert stage in words, figure.name
        assert stage in figure.alt
        others = {"text_encoder", "image_encoder", "vae_encode", "transformer", "vae_decode"}
        assert not words & (others - {stage}), figure.name


def test_figures_are_asked_for_in_anything_that_can_be_gone_through():
    drawn = [figure.name for figure in draw(TINY, iter(["flops", "bytes"]))]
    assert drawn == ["flops", "bytes"]


@pytest.mark.parametrize("layout", ["pdf", "PNG", None])
def test_a_figure_is_png_or_svg(layout):
    (figure,) = draw(TINY, ["flops"])
    with pytest.raises(UnknownNameError, match=r"unknown layout .*; .*known: png, svg"):
        figure.to_bytes(layout)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(UnknownNameError, match="unknown figure 'flop'; did you mean 'flops'"):
        draw(TINY, ["flop"])
    with pytest.raises(UnknownNameError, match="unknown layer_impl"):
        draw(TINY, layer_impls=["both"])
    with pytest.raises(
        InvalidValueError, match=r"total of the run: got \d+; allowed: below 10\^24"
    ):
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
