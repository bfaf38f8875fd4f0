"""Bars and areas are as long as their labels say."""

import re
from itertools import pairwise

import pytest
from attrs import evolve

from tests.render.figures.legible import TINY, texts_of
from wanmeter import configure
from wanmeter.render.figures import draw
from wanmeter.render.figures.variations import FRAMES, RESOLUTION
from wanmeter.report import Report
from wanmeter.units import BYTES, FLOPS, TRAFFIC

CONTROLLED = configure("wan2_1_vace_1_3b", "wan2-1-ci-tiny")


UNITS = {**FLOPS, **BYTES, **TRAFFIC}


def amounts(label, unit):
    """The amounts in a label, in the axis's unit if it names none: `26.61 + 4.65 = 31.26` has two and their sum."""
    return [
        float(number.replace(",", "")) * UNITS[own or unit]
        for number, own in re.findall(r"([\d.,]+)(?: (\w+))?(?= |$)", label)
    ]


def labels(axes):
    """The amounts of each row, without shares; names of lines have none."""
    return {
        text.xy[1]: text.get_text()
        for text in axes.texts
        if text.get_ha() == "right" and not text.get_text().endswith("%")
    }


@pytest.mark.parametrize("name", ["flops", "bytes", "memory"])
@pytest.mark.parametrize("run", [TINY, CONTROLLED], ids=["t2v", "vace"])
def test_bars_are_as_long_as_their_labels_say(run, name):
    (figure,) = draw(run, [name])
    sheet, _ = texts_of(figure)
    for axes in sheet.axes:
        unit = next(word for word in re.findall(r"\w+", axes.get_xlabel()) if word in UNITS)
        drawn = {row: [] for row in labels(axes)}
        for patch in axes.patches:
            drawn[round(patch.get_y() + patch.get_height() / 2)].append(patch)
        for row, label in labels(axes).items():
            edges = [(p.get_x(), p.get_x() + p.get_width()) for p in drawn[row]]
            assert [first for first, _ in edges] == [0, *(end for _, end in edges[:-1])]
            lengths = [(end - first) * UNITS[unit] for first, end in edges]
            sums = [sum(lengths)] if name == "memory" else []
            rounded = {"abs": 0.005001 * UNITS[unit]} if name == "memory" else {"rel": 6e-4}
            assert [*lengths, *sums] == pytest.approx(amounts(label, unit), **rounded)


def test_memory_bars_hold_weights_and_activations():
    (figure,) = draw(TINY, ["memory"])
    (axes,) = texts_of(figure)[0].axes
    held = {row.path: row.cost for row in Report.of(TINY).stages}
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == list(held)
    assert [patch.get_width() * 2**30 for patch in axes.patches] == pytest.approx(
        [each for cost in held.values() for each in (cost.weight_bytes, cost.activation_bytes)]
    )


@pytest.mark.parametrize("variation", [FRAMES, RESOLUTION], ids=lambda each: each.name)
@pytest.mark.parametrize("run", [TINY, CONTROLLED], ids=["t2v", "vace"])
def test_areas_are_as_high_as_the_flops(run, variation):
    (figure,) = draw(run, [variation.name])
    sheet, texts = texts_of(figure)
    (axes,) = sheet.axes
    unit = axes.get_ylabel()
    named = [text.rsplit(" ", 2)[0] for text, _ in texts if text.endswith("%")]
    for point in variation.points(run):
        costs = {
            row.path: row.cost.flops
            for row in Report.of(evolve(run, workload=point.workload)).modules
        }
        core = sum(flops for path, flops in costs.items() if path.endswith("blocks/self_attn/core"))
        parts = {"self_attn core": core, "rest of transformer": costs["transformer"] - core} | {
            path: flops for path, flops in costs.items() if "/" not in path
        }
        x = variation.x(point.workload)
        edges = [0.0]
        for area in axes.collections:
            edges.append(max(y for at, y in area.get_paths()[0].vertices if at == pytest.approx(x)))
        heights = [high - low for low, high in pairwise(edges)]
        assert heights == pytest.approx([parts[name] / FLOPS[unit] for name in named])
