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
    assert Rules(run).of_axes(Axes.of(run.workload, axes, zipped=False)).all_valid == valid


def test_too_many_values_are_asked_about_row_by_row():
    run = configure("wan2_1_t2v_1_3b")
    axes = Axes.of(run.workload, {"height": range(16, 16 * (MAX_ANSWERS + 2), 16)}, zipped=False)
    assert not Rules(run).of_axes(axes).all_valid


@pytest.mark.parametrize(
    ("model", "axes", "largest"),
    [
        ("wan2_1_t2v_1_3b", {"num_frames": [5, 6, 2], "batch_size": [0, 3, 1]}, (5, 3, 0)),
        ("wan2_1_t2v_1_3b", {"num_reference_images": [0, 1]}, (81, 1, 0)),
        ("wan2_1_vace_1_3b", {"num_frames": [1, 5], "num_reference_images": [1, 9]}, (5, 1, 1)),
    ],
)
def test_the_largest_values_are_those_of_valid_rows(model, axes, largest):
    run = configure(model)
    found = Rules(run).of_axes(Axes.of(run.workload, axes, zipped=False)).largest
    names = ("num_frames", "batch_size", "num_reference_images")
    assert tuple(found[name] for name in names) == largest


def test_where_no_row_is_valid_nothing_is_the_largest():
    run = configure("wan2_1_t2v_1_3b")
    assert (
        Rules(run).of_axes(Axes.of(run.workload, {"height": [1, 2]}, zipped=False)).largest is None
    )
