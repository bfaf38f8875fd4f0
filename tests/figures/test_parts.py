"""The bars: every operator is in exactly one of them."""

import pytest
from attrs import evolve

from wanmeter import StageCost, meter
from wanmeter.figures.parts import self_attention_cores, stages, transformer_modules
from wanmeter.figures.subject import difference
from wanmeter.options import option_names


def work(parts):
    """What the parts' costs add up to; a peak is no sum."""
    return evolve(sum((part.cost for part in parts), StageCost()), activation_bytes=0)


@pytest.mark.parametrize("transformer", ["wan2_1_dit", "wan2_1_dit_core"])
@pytest.mark.parametrize("model", option_names("model"))
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


def test_a_difference_is_the_largest_of_any_field_of_any_part():
    parts = stages(meter("wan2_1_t2v_14b", "wan2-1-480p"))
    assert difference([parts]) == difference([parts, parts]) == 0
    cost = parts[1].cost
    more = evolve(parts[1], cost=evolve(cost, flops=cost.flops + 3, bytes_read=cost.bytes_read - 5))
    assert difference([parts, (parts[0], more, parts[2])]) == 5
    assert difference([parts, parts[1:]]) == parts[0].cost.flops
