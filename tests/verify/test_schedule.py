"""One pass of a run."""

from wanmeter import configure
from wanmeter.verify.schedule import one_pass


def test_one_pass_is_one_of_everything():
    run = one_pass(configure("wan2_1_i2v_14b", "wan2-1-480p"))
    assert {each.count for passes in run.reference.schedule(run).values() for each in passes} == {1}
