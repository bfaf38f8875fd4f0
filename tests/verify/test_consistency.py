"""`core`: the laws hold on the real trees, and a number that breaks one is named."""

import pytest
from attrs import evolve

from tests.strategies import EVERY_MODEL
from wanmeter import LayerBackend, configure, get_backend
from wanmeter.verify import Outcome
from wanmeter.verify.consistency import consistency_section
from wanmeter.verify.costed_run import CostedRun


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_every_law_holds_for_every_model(model):
    costed = [CostedRun.of(configure(model, "720p", name)) for name in ("shared", "wan2_1")]
    section = consistency_section("core", costed)
    assert section.holds
    assert section.count(Outcome.HOLDS) == len(section.checks) == 7
    rows = len(costed[0].report.modules)
    by_law = {check.subject: check.analytic for check in section.checks}
    # Every row is compared: its path, 8 fields, copies, calls and held bytes; and their number.
    assert by_law["backends agree"] == 12 * rows + 1


COSTED = CostedRun.of(configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny"))
REPORT = COSTED.report


@pytest.mark.parametrize("field", ["flops", "bytes_read", "params", "activation_bytes"])
def test_a_parent_that_is_not_its_children_is_named(field):
    path = "transformer/blocks/ffn"
    row = REPORT[path]
    wrong = evolve(row, cost=evolve(row.cost, **{field: getattr(row.cost, field) + 1}))
    rows = tuple(wrong if each.path == path else each for each in REPORT)
    section = consistency_section("core", [evolve(COSTED, report=evolve(REPORT, modules=rows))])
    assert not section.holds
    failing = {
        (check.subject.partition(": ")[2], check.quantity)
        for check in section.checks
        if check.outcome is Outcome.FAILS and ": " in check.subject
    }
    assert (path, field) in failing


def test_a_total_that_is_not_its_stages_is_named():
    total = evolve(REPORT.total, flops=REPORT.total.flops - 1)
    section = consistency_section("core", [evolve(COSTED, report=evolve(REPORT, total=total))])
    failing = [check for check in section.checks if check.outcome is Outcome.FAILS]
    assert "parents equal their children: total" in {check.subject for check in failing}


def test_only_the_packaged_backends_promise_to_agree():
    theirs = get_backend("shared")
    other = LayerBackend(
        name="theirs",
        self_attention=theirs.self_attention,
        cross_attention=theirs.cross_attention,
        mlp=theirs.mlp,
    )
    section = consistency_section("core", [CostedRun.of(evolve(COSTED.run, layer_impl=other))])
    assert section.holds
    assert "backends agree" not in {check.subject for check in section.checks}
