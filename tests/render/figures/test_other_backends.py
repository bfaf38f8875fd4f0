"""Figures of a third party's layers are complete, and state the difference between backends."""

from attrs import evolve

from tests.fused import fused
from tests.render.figures.legible import TINY, assert_legible, texts_of
from wanmeter.backends.shared import SHARED
from wanmeter.errors import BackendError
from wanmeter.render.figures import FIGURES
from wanmeter.render.figures.run_by_backend import RunByBackend
from wanmeter.report import Report
from wanmeter.units import FLOPS, TRAFFIC, readable


def with_mlp(**changes):
    """A backend whose feed-forward network is one operator: the shared one's cost, but for `changes`."""
    return evolve(SHARED, name="theirs", mlp=lambda spec: fused(SHARED.mlp(spec), **changes))


def over_each_other(run, name, *backends):
    """A figure of a run by backends that no name is registered for."""
    return FIGURES[name](RunByBackend(tuple(evolve(run, layer_impl=each) for each in backends)))


def test_a_difference_has_the_units_of_the_figure():
    theirs = with_mlp(bytes_written=0, flops=0)
    spec_flops = Report.of(TINY)["transformer/blocks/ffn"].cost
    gone = readable(spec_flops.flops, FLOPS), readable(spec_flops.bytes_written, TRAFFIC)
    captions = [
        over_each_other(TINY, name, SHARED, theirs).caption.backends
        for name in ("flops", "bytes", "memory", "intensity")
    ]
    told = [text.partition("largest difference ")[2] for text in captions]
    assert told == [gone[0], gone[1], "0", " and ".join(gone)]


def test_what_only_another_backend_has_is_drawn():
    def attention(spec):
        layer = SHARED.self_attention(spec)
        return fused(layer, activation_bytes=layer.cost.bytes_written)

    theirs = evolve(SHARED, name="theirs", self_attention=attention)
    for name in ("flops", "bytes", "intensity"):
        shown = [text for text, _ in texts_of(over_each_other(TINY, name, SHARED, theirs))[1]]
        assert {"self_attn", "self_attn core"} <= set(shown)
        assert_legible(over_each_other(TINY, name, theirs, SHARED))
    figure = over_each_other(TINY, "frames", theirs, SHARED)
    assert any(text.startswith("self_attn core ") for text, _ in texts_of(figure)[1])
    assert_legible(figure)


def test_axes_are_long_enough_for_every_backend():
    much = with_mlp(flops=10**15)
    little = with_mlp(flops=1)
    sheets = {
        name: over_each_other(TINY, name, SHARED, much, little) for name in ("flops", "intensity")
    }
    for figure in sheets.values():
        for axes in assert_legible(figure).axes:
            _, high = axes.get_xlim()
            ends = [patch.get_x() + patch.get_width() for patch in axes.patches]
            ends += [dot.get_xdata()[0] for dot in axes.lines if dot.get_marker() == "o"]
            assert all(end < high for end in ends)
    low, _ = assert_legible(sheets["intensity"]).axes[1].get_xlim()
    assert low < 1e-6


def test_small_intensities_are_digits_and_dots():
    figure = over_each_other(
        TINY, "intensity", with_mlp(flops=1, bytes_read=10, bytes_written=30, activation_bytes=30)
    )
    assert "ffn 0.02500" in figure.alt
    sheet, _ = texts_of(figure)
    row = [label.get_text() for label in sheet.axes[1].get_yticklabels()].index("ffn")
    dots = [dot for dot in sheet.axes[1].lines if dot.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots if dot.get_ydata()[0] == row] == [0.025]


def test_a_curve_of_one_point_is_drawn():
    def mlp(spec):
        if int(spec.tokens) != TINY_TOKENS:
            raise BackendError("theirs", "one size only")
        return SHARED.mlp(spec)

    run = evolve(TINY, layer_impl=evolve(SHARED, name="theirs", mlp=mlp))
    for name in ("frames", "resolution"):
        figure = FIGURES[name](RunByBackend((run,)))
        sheet = assert_legible(figure)
        assert all(
            area.get_paths()[0].get_extents().width > 0 for area in sheet.axes[0].collections
        )


TINY_TOKENS = 2 * 16 * 16
"""5 frames are 2 of latents; 256 pixels, 16 patches."""
