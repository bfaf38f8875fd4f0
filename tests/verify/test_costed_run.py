"""One pass of a run."""

from wanmeter import configure
from wanmeter.verify.costed_run import one_pass


def test_one_pass_is_one_of_everything():
    run = one_pass(configure("wan2_1_i2v_14b", "wan2-1-480p"))
    stages = [run.reference.stages[stage] for stage in run.family.stages_of(run.model)]
    assert {each.count for stage in stages for each in stage.passes(run)} == {1}
