"""The hotspots: no operator is lost, and the order is stable."""

import pytest
from attrs import evolve
from click.testing import CliRunner

from tests.strategies import EVERY_MODEL
from wanmeter import StageCost, meter
from wanmeter.cli.main import main
from wanmeter.report.hotspots import by_kind, hotspots


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_operators_and_kinds_add_up_to_the_run(model):
    report = meter(model, "wan2-1-480p")
    # A peak is no sum: what is kept around the operator that has it counts too.
    total = evolve(report.total, activation_bytes=0)
    operators = sum((row.cost for row in hotspots(report)), StageCost())
    kinds = sum((cost for _, _, cost in by_kind(report)), StageCost())
    assert evolve(operators, activation_bytes=0) == evolve(kinds, activation_bytes=0) == total
    assert sum(count for _, count, _ in by_kind(report)) == len(hotspots(report))


def test_the_order_is_by_flops_then_bytes_then_execution():
    report = meter("wan2_1_t2v_14b", "wan2-1-720p")
    ranked = hotspots(report)
    executed = {row.path: i for i, row in enumerate(report)}
    keys = [(-r.cost.flops, -r.cost.io_bytes, executed[r.path]) for r in ranked]
    assert keys == sorted(keys)
    assert ranked[0].path == "transformer/blocks/self_attn/core"
    # The projections cost the same: they stand as they run.
    names = [row.path.rpartition("/")[2] for row in ranked if "/self_attn/" in row.path]
    assert [name for name in names if name in "qkvo"] == ["q", "k", "v", "o"]


def test_both_backends_show_the_same_hotspots():
    shared, wan2_1 = (
        hotspots(meter("wan2_1_i2v_14b", "wan2-1-480p", b)) for b in ("shared", "wan2_1")
    )
    assert shared == wan2_1


def show(*arguments):
    return CliRunner().invoke(main, ["show", "workload=wan2-1-ci-tiny", *arguments])


def test_as_many_as_asked_for_and_the_rest_in_one_line():
    lines = show("--top", "3").stdout.splitlines()
    first = lines.index(next(line for line in lines if line.startswith("operator")))
    assert [line.split()[0] for line in lines[first + 1 : first + 4]] == [
        row.path for row in hotspots(meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny"))[:3]
    ]
    assert " more " in lines[first + 4]
    assert any(line.startswith("attention ") for line in lines)


def test_more_than_there_are_is_all():
    assert " more " not in show("--top", "100000").stdout


def test_none_is_refused():
    done = show("--top", "0")
    assert done.exit_code == 2
    assert "Invalid value for '--top'" in done.stderr
