"""Rules tell from the values of the axes whether all rows are valid."""

import pytest

from wanmeter import configure
from wanmeter.sweeping.axes import Axes
from wanmeter.sweeping.rules import MAX_ANSWERS, Rules


@pytest.mark.parametrize(
    ("axes", "valid"),
    [
        ({"num_frames": [5, 81], "height": [480, 720]}, True),
        ({"num_frames": [5, 6]}, False),
        ({"height": [480, 481]}, False),
        ({"num_inference_steps": [1, 0]}, False),
        ({"text_len": [-1]}, False),
        ({"size": [(832, 480), (833, 480)]}, False),
    ],
)
def test_axes_tell_whether_every_row_is_valid(axes, valid):
    run = configure("wan2_1_t2v_1_3b")
    assert Rules(run).all_valid(Axes.of(run.workload, axes, zipped=False)) == valid


def test_too_many_values_are_asked_about_row_by_row():
    run = configure("wan2_1_t2v_1_3b")
    axes = Axes.of(run.workload, {"height": range(16, 16 * (MAX_ANSWERS + 2), 16)}, zipped=False)
    assert not Rules(run).all_valid(axes)
