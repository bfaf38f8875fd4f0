"""Claim: FLOPs and parameters are those of the real modules, to the last unit. Recorded; no torch needed."""

import json

import pytest

from tests.reference.cases import MODELS, WORKLOADS
from tests.reference.record import RECORD
from wanmeter import backend_names, meter
from wanmeter.verify.modules import WAN_TRANSFORMER

REFERENCE = json.loads(RECORD.read_text())
NOTHING = {"flops": 0, "own_flops": 0, "params": 0}


def compare(report, measured):
    """Every row that has a counterpart equals it."""
    for path, counterpart in WAN_TRANSFORMER.items():
        cost = report[path].cost
        expected = measured.get(counterpart.module, NOTHING)
        if counterpart.own:
            assert cost.flops == expected["own_flops"], path
        else:
            assert (cost.flops, cost.params) == (expected["flops"], expected["params"]), path


@pytest.mark.parametrize("layer_impl", backend_names())
@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("model", MODELS)
def test_every_module_equals_the_recorded_one(model, workload, layer_impl):
    report = meter(model, WORKLOADS[workload], layer_impl)
    compare(report, REFERENCE["cases"][f"{model}--{workload}"])


def test_nothing_that_has_flops_or_parameters_goes_uncompared():
    report = meter("wan2_1_t2v_1_3b", WORKLOADS["ci-tiny"])
    for row in report.modules:
        if row.kind and (row.cost.flops or row.cost.params):
            ancestors = {row.path.rsplit("/", n)[0] for n in range(2)}
            assert ancestors & set(WAN_TRANSFORMER), row.path


def test_every_recorded_module_that_does_work_is_compared():
    """A module of the real model that no row stands for would be work that is not counted."""
    compared = {counterpart.module for counterpart in WAN_TRANSFORMER.values()}
    for module, measured in REFERENCE["cases"]["wan2_1_t2v_1_3b--ci-tiny"].items():
        if measured["own_flops"]:
            assert module in compared, module


@pytest.mark.parametrize(
    ("model", "workload", "flops", "params"),
    [
        # One forward pass of the official sizes.
        ("wan2_1_t2v_14b", "720p", 6_523_436_592_005_120, 14_288_491_584),
        ("wan2_1_t2v_1_3b", "480p", 283_001_787_777_024, 1_418_996_800),
    ],
)
def test_known_totals(model, workload, flops, params):
    total = meter(model, WORKLOADS[workload]).total
    assert (total.flops, total.params) == (flops, params)
