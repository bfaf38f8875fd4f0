"""No text overlaps another or leaves the sheet, for every model, extreme workloads and odd names."""

import pytest
from attrs import evolve

from tests.render.figures.legible import TINY, assert_legible, texts_of
from tests.strategies import EVERY_MODEL
from wanmeter import configure
from wanmeter.render.figures import FIGURES, draw

CURVES = ("frames", "resolution")
EVERY = [
    (model, name)
    for model in EVERY_MODEL
    for name in FIGURES
    # Curves take their time, and these have the lines of t2v_14b or vace_14b.
    if name not in CURVES or not (model.endswith("1_3b") or "t2i" in model)
]


@pytest.mark.parametrize(("model", "name"), EVERY)
def test_no_text_lies_on_another_or_leaves_the_sheet(model, name):
    # The caption is longest with both backends; one such figure is enough.
    layer_impls = ["shared", "wan2_1"] if name == "memory" else []
    (figure,) = draw(configure(model, "wan2-1-480p"), [name], layer_impls=layer_impls)
    assert_legible(figure)


def extreme(model="wan2_1_t2v_1_3b", stages=None, **fields):
    return configure(model, "wan2-1-480p", stages=stages, **fields)


EXTREMES = {
    "large": (extreme(height=4320, width=7680), ["flops", "bytes", "intensity", "resolution"]),
    "long": (extreme(num_frames=4001), ["flops", "frames"]),
    "many": (
        extreme("wan2_1_vace_14b", num_frames=161, batch_size=100),
        ["flops", "bytes", "memory", "intensity", "frames"],
    ),
    "millions of steps": (extreme(num_inference_steps=3 * 10**6), ["flops", "frames"]),
    "tiny": (
        extreme(height=16, width=16, num_frames=1, num_inference_steps=1),
        ["flops", "intensity", "frames", "resolution"],
    ),
}


@pytest.mark.parametrize(("run", "names"), EXTREMES.values(), ids=EXTREMES)
def test_extreme_workloads_are_legible_too(run, names):
    for figure in draw(run, names):
        for axes in assert_legible(figure).axes:
            low, high = sorted(axes.get_xlim())
            ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
            assert 1 <= len(ticks) <= 6
            if figure.name == "frames":
                assert all(tick == int(tick) for tick in ticks)


@pytest.mark.parametrize("separator", ["", "_", " "])
def test_a_long_name_leaves_the_workload_readable(separator):
    name = separator.join(["wanmeter"] * 60)
    model = evolve(TINY.model, name=name)
    (figure,) = draw(evolve(TINY, model=model), ["memory"], layer_impls=["shared", "wan2_1"])
    sheet = assert_legible(figure)
    lines = [text.get_text() for text in sheet.texts]
    assert name in figure.caption.run
    assert name.encode() in figure.to_bytes()
    assert len(lines) <= 6
    assert "1 x 256x256, 5 frames, 1 step without guidance" in " ".join(reversed(lines))


@pytest.mark.parametrize("name", ["$a_{$", "$x^2$", "注文"])
@pytest.mark.parametrize("layout", ["png", "svg"])
def test_names_are_names(name, layout, recwarn):
    run = evolve(TINY, model=evolve(TINY.model, name=name))
    for figure in draw(run, ["memory"]):
        assert figure.to_bytes(layout)
        sheet, _ = texts_of(figure)
        assert any(text.get_text().startswith(name) for text in sheet.texts)
    assert [str(warning.message) for warning in recwarn] == []
