"""The bars: every operator is in exactly one of them."""

import re
from typing import final

import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fused import Fused
from tests.strategies import EVERY_MODEL
from wanmeter import Operator, StageCost, Tensor, configure, meter
from wanmeter.backends.shared import SHARED
from wanmeter.layers import Child, Layer, OperatorKind
from wanmeter.render.figures import draw
from wanmeter.render.figures.percent import exact_percent
from wanmeter.render.figures.run_by_backend import difference
from wanmeter.render.figures.slices import (
    aligned,
    stages,
    transformer_modules,
)
from wanmeter.report import Report


def flops(cost):
    return cost.flops


def work(parts):
    """What the parts' costs add up to; a peak is no sum."""
    return evolve(sum((part.cost for part in parts), StageCost()), activation_bytes=0)


@pytest.mark.parametrize("transformer", ["wan2_1_dit", "wan2_1_dit_core"])
@pytest.mark.parametrize("model", EVERY_MODEL)
def test_nothing_is_lost(model, transformer):
    report = meter(model, "wan2-1-480p", transformer=transformer)
    assert work(stages(report)) == evolve(report.total, activation_bytes=0)
    modules = transformer_modules(report)
    assert work(modules) == work([report[stage] for stage in report.running("transformer")])
    assert len({part.name for part in modules}) == len(modules)


LABELS = {
    "outside the blocks": r"(?!\w*blocks/).*",
    "norms, modulation, residuals": r"\w*blocks/(modulation|norm\d|\w+_residual)",
    "self_attn projections": r"\w*blocks/self_attn/[qkvo]",
    "self_attn norms": r"\w*blocks/self_attn/norm_[qk]",
    "self_attn/rope": r"\w*blocks/self_attn/rope",
    "self_attn core": r"\w*blocks/self_attn/core",
    "cross_attn projections": r"\w*blocks/cross_attn/([qo]|[kv](_img)?)",
    "cross_attn norms": r"\w*blocks/cross_attn/norm_(q|k|k_img)",
    "cross_attn/add_img": r"\w*blocks/cross_attn/add_img",
    "cross_attn core": r"\w*blocks/cross_attn/core(_img)?",
    "ffn": r"\w*blocks/ffn/(up_proj|act|down_proj)",
    "after_proj": r"vace_blocks/after_proj",
}
"""Every label of packaged models, and the paths of the operators that its words name."""


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_a_label_names_what_is_in_it(model):
    report = meter(model, "wan2-1-480p")
    operators = [row for row in report if row.stage in report.running("transformer") and row.kind]
    named = {
        label: [row for row in operators if re.fullmatch(f"transformer(_2)?/{paths}", row.path)]
        for label, paths in LABELS.items()
    }
    assert sorted(row.path for rows in named.values() for row in rows) == sorted(
        row.path for row in operators
    )
    assert {part.name: part.cost for part in transformer_modules(report)} == {
        label: sum((row.cost for row in rows), StageCost()) for label, rows in named.items() if rows
    }


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_the_same_words_mean_the_same_in_every_figure(model):
    run = configure(model, "wan2-1-ci-tiny")
    total = Report.of(run).total.flops
    cores = [row for row in Report.of(run) if row.path.endswith("blocks/self_attn/core")]
    said = f"self_attn core {exact_percent(sum(row.cost.flops for row in cores), total)}"
    flops, sizes = (figure.alt for figure in draw(run, ["flops", "resolution"]))
    assert said in re.sub(r"core [\d.,]+ \w+ ", "core ", flops)
    assert f"At 256x256: {said};" in sizes


def test_a_difference_is_the_largest_of_what_is_counted():
    parts = stages(meter("wan2_1_t2v_14b", "wan2-1-480p"))
    cost = parts[1].cost
    more = evolve(parts[1], cost=evolve(cost, flops=cost.flops + 3, bytes_read=cost.bytes_read - 5))
    every = aligned([parts, (parts[0], more, parts[2])])
    assert difference(aligned([parts]), flops) == difference(aligned([parts, parts]), flops) == 0
    assert difference(every, flops) == 3
    assert difference(every, lambda cost: cost.io_bytes) == 5
    assert difference(every, lambda cost: cost.weight_bytes) == 0
    assert difference(aligned([parts, parts[1:]]), flops) == parts[0].cost.flops
    assert difference(aligned([parts[1:], parts]), flops) == parts[0].cost.flops


def test_parts_that_only_one_backend_has_are_aligned_with_nothing():
    one, two, three = stages(meter("wan2_1_t2v_14b", "wan2-1-480p"))
    first, second = aligned([(two,), (one, two, three)])
    assert [part.name for part in first] == [part.name for part in second]
    assert [part.cost for part in first] == [two.cost, StageCost(), StageCost()]
    assert second == (two, one, three)


def of_kind(kind):
    """A layer that is one operator."""
    return Fused(Operator(kind=kind, flops=1000, inputs=(Tensor(7, 8),)))


@final
@frozen
class Parts(Layer):
    """A third party's layer of any parts."""

    children: tuple[Child, ...]


def of_one_leaf(kind):
    """A backend of single leaves."""
    layer = of_kind(kind)
    return evolve(SHARED, name="fused", self_attention=lambda spec: layer, mlp=lambda spec: layer)


@pytest.mark.parametrize("kind", OperatorKind)
@pytest.mark.parametrize("model", ["wan2_1_t2v_1_3b", "wan2_1_vace_1_3b"])
def test_a_layer_that_is_one_operator_goes_by_its_own_name(model, kind):
    report = meter(model, "wan2-1-ci-tiny", of_one_leaf(kind))
    modules = transformer_modules(report)
    assert work(modules) == work([report[stage] for stage in report.running("transformer")])
    costs = {part.name: part.cost for part in modules}
    for module in ("self_attn", "ffn"):
        rows = [row for row in report if row.name == module and row.stage == "transformer"]
        assert costs[module].flops == sum(row.cost.flops for row in rows) > 0
    assert "self_attn core" not in costs


NAMES = st.lists(
    st.sampled_from(["core", "self_attn", "q", "blocks", "vace_x", "transformer", "norms"]),
    min_size=1,
    max_size=4,
    unique=True,
)
TREES = st.recursive(
    st.sampled_from(OperatorKind).map(of_kind),
    lambda below: st.builds(
        lambda names, layers: Parts(
            tuple(Child(name=n, layer=x) for n, x in zip(names, layers, strict=False))
        ),
        NAMES,
        st.lists(below, min_size=4, max_size=4),
    ),
    max_leaves=6,
)


@settings(max_examples=25, deadline=None)
@given(TREES, TREES)
def test_nothing_is_lost_nor_counted_twice_whatever_a_backend_supplies(attention, mlp):
    backend = evolve(
        SHARED,
        name="odd",
        self_attention=lambda spec: attention,
        cross_attention=lambda spec: attention,
        mlp=lambda spec: mlp,
    )
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", backend, stages=["transformer"])
    modules = transformer_modules(report)
    assert work(modules) == work([report[stage] for stage in report.running("transformer")])
    path = "transformer/blocks/self_attn"
    cores = [
        row.cost.flops
        for row in report
        if row.path.startswith(f"{path}/") and row.kind is OperatorKind.ATTENTION
    ]
    shown = {part.name: part.cost.flops for part in modules}
    assert shown.get("self_attn core", 0) == sum(cores)
