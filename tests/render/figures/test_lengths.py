"""Areas are as high as their numbers say."""

from itertools import pairwise

import pytest
from attrs import evolve

from tests.render.figures.legible import TINY, texts_of
from wanmeter import configure
from wanmeter.render.figures import draw
from wanmeter.render.figures.variations import FRAMES, RESOLUTION, STEPS
from wanmeter.report import Report
from wanmeter.units import FLOPS

CONTROLLED = configure("wan2_1_vace_1_3b", "wan2-1-ci-tiny")


@pytest.mark.parametrize("variation", [FRAMES, RESOLUTION, STEPS], ids=lambda each: each.name)
@pytest.mark.parametrize("run", [TINY, CONTROLLED], ids=["t2v", "vace"])
def test_areas_are_as_high_as_the_flops(run, variation):
    (figure,) = draw(run, [variation.name])
    sheet, texts = texts_of(figure)
    (axes,) = sheet.axes
    unit, _, _ = axes.get_title(loc="left").partition(";")
    named = [text.rpartition(" ")[0] for text, _ in texts if text.endswith("%")]
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
