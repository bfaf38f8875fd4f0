"""One pass of a run."""

import pytest

from wanmeter import configure
from wanmeter.verify.costed_run import one_pass


@pytest.mark.parametrize("model", ["wan2_1_i2v_14b", "wan2_2_i2v_a14b", "wan2_2_ti2v_5b"])
def test_one_pass_is_one_of_everything(model):
    run = one_pass(configure(model, "wan2-1-480p"))
    stages = [
        run.reference.stages[stage] for stage in run.family.stages_of(run.model, run.workload)
    ]
    assert {each.count for stage in stages for each in stage.passes(run)} == {1}
