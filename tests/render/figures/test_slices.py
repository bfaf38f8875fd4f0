"""The bars: every operator is in exactly one of them."""

from typing import final

import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fused import Fused
from tests.strategies import VIDEO_MODELS
from wanmeter import Operator, StageCost, Tensor, meter
from wanmeter.backends.shared import SHARED
from wanmeter.layers import Child, Layer, OperatorKind
from wanmeter.render.figures.run_by_backend import difference
from wanmeter.render.figures.slices import (
    aligned,
    self_attention_cores,
    stages,
    transformer_modules,
)


def flops(cost):
    return cost.flops


def work(parts):
    """What the parts' costs add up to; a peak is no sum."""
    return evolve(sum((part.cost for part in parts), StageCost()), activation_bytes=0)


@pytest.mark.parametrize("transformer", ["wan2_1_dit", "wan2_1_dit_core"])
@pytest.mark.parametrize("model", VIDEO_MODELS)
def test_nothing_is_lost(model, transformer):
    report = meter(model, "wan2-1-480p", transformer=transformer)
    assert work(stages(report)) == evolve(report.total, activation_bytes=0)
    modules = transformer_modules(report)
    assert work(modules) == evolve(report["transformer"].cost, activation_bytes=0)
    assert len({part.name for part in modules}) == len(modules)


def test_attention_is_told_by_what_it_does():
    report = meter("wan2_1_t2v_14b", "wan2-1-720p")
    costs = {part.name: part.cost for part in transformer_modules(report)}
    blocks = "transformer/blocks"
    assert costs["self_attn: core"] == report[f"{blocks}/self_attn/core"].cost
    assert costs["ffn"].flops == report[f"{blocks}/ffn"].cost.flops
    projections = sum(report[f"{blocks}/cross_attn/{name}"].cost.flops for name in "qkvo")
    assert costs["cross_attn: q, k, v, o"].flops == projections


def test_control_blocks_stand_on_their_own():
    report = meter("wan2_1_vace_14b", "wan2-1-480p")
    names = [part.name for part in transformer_modules(report)]
    assert "control blocks" in names
    cores = self_attention_cores(report).flops
    assert cores == sum(
        report[f"transformer/{blocks}/self_attn/core"].cost.flops
        for blocks in ("blocks", "vace_blocks")
    )


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
    assert work(modules) == evolve(report["transformer"].cost, activation_bytes=0)
    costs = {part.name: part.cost for part in modules}
    between = kind in (OperatorKind.NORMALIZATION, OperatorKind.ELEMENTWISE)
    assert ("ffn" in costs) is ("self_attn" in costs) is not between
    steps, blocks = 1, 30
    assert costs.get("ffn", StageCost()).flops == (0 if between else 1000 * steps * blocks)
    every = [row for row in report if row.name == "self_attn"]
    cores = sum(row.cost.flops for row in every) if kind is OperatorKind.ATTENTION else 0
    assert self_attention_cores(report).flops == cores


NAMES = st.lists(
    st.sampled_from(["core", "self_attn", "q", "blocks", "vace_x", "transformer", "ffn: core"]),
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
    assert work(modules) == evolve(report["transformer"].cost, activation_bytes=0)
    path = "transformer/blocks/self_attn"
    cores = [
        row.cost.flops
        for row in report
        if (row.path == path or row.path.startswith(f"{path}/"))
        and row.kind is OperatorKind.ATTENTION
    ]
    assert self_attention_cores(report).flops == sum(cores)
