"""Axes give the rows of a grid in order, in blocks that are small grids themselves."""

import itertools

import numpy as np
import pytest

from wanmeter import configure
from wanmeter.sweeping.axes import MAX_ALONG, MAX_BLOCK_ROWS, Axes, Block

BASE = configure("wan2_1_t2v_1_3b").workload


def rows_of(axes, names):
    """All rows, in order; blocks follow each other without gaps."""
    found = []
    for block in axes.blocks():
        assert block.start == len(found)
        assert len(block) <= MAX_BLOCK_ROWS
        assert block.shape[1] <= MAX_ALONG
        columns = [np.broadcast_to(block.columns[name], block.shape).reshape(-1) for name in names]
        found += list(zip(*(column.tolist() for column in columns), strict=True))
    return found


@pytest.mark.parametrize(
    "lengths",
    [
        (3,),
        (1, 1),
        (5, 7),
        (2, 3, 300),
        (3, MAX_ALONG + 5),
        (MAX_BLOCK_ROWS, 3),
        (40, 5, 2, 500),
    ],
)
def test_blocks_are_all_combinations_the_last_axis_fastest(lengths):
    names = ("num_frames", "height", "num_inference_steps", "text_len")[: len(lengths)]
    values = {name: range(1, length + 1) for name, length in zip(names, lengths, strict=True)}
    axes = Axes.of(BASE, values, zipped=False)
    assert axes.count == np.prod(lengths)
    assert rows_of(axes, names) == list(itertools.product(*values.values()))


def test_zipped_axes_are_one():
    values = {"num_frames": [5, 9, 13], "size": [(832, 480), (1280, 720), (16, 16)]}
    axes = Axes.of(BASE, values, zipped=True)
    assert rows_of(axes, ("num_frames", "width", "height")) == [
        (5, 832, 480),
        (9, 1280, 720),
        (13, 16, 16),
    ]


def test_fields_without_an_axis_keep_the_workload_s_value():
    (block,) = Axes.of(BASE, {"num_frames": [5, 9]}, zipped=False).blocks()
    assert block.columns["num_inference_steps"].tolist() == [[BASE.num_inference_steps]]


def test_pieces_of_a_long_axis_have_about_equal_lengths():
    """Files have a group of rows for each block: a last one of a single row would be waste."""
    axes = Axes.of(BASE, {"text_len": range(1, MAX_ALONG + 2)}, zipped=False)
    assert {len(block) for block in axes.blocks()} == {MAX_ALONG // 2, MAX_ALONG // 2 + 1}


def test_zipped_axes_may_be_empty():
    assert list(Axes.of(BASE, {"num_frames": [], "size": []}, zipped=True).blocks()) == []


@pytest.mark.parametrize(
    ("wanted", "shape"),
    [
        ([[True, False, True], [True, False, True]], (2, 2)),
        ([[False, False, False], [False, True, True]], (1, 2)),
        ([[True, True, True], [True, False, True]], (1, 5)),
        ([[False] * 3] * 2, (0, 0)),
    ],
)
def test_some_rows_of_a_block_are_a_grid_where_they_cross(wanted, shape):
    """Each has the values of its own row."""
    given = {"num_frames": [5, 9], "text_len": [1, 2, 3]}
    (block,) = Axes.of(BASE, given, zipped=False).blocks()
    block = Block(start=7, shape=(2, 3), columns=_as_grid(block))
    only = block.only(np.array(wanted))
    assert (only.start, only.shape) == (7, shape)
    found = [np.broadcast_to(only.columns[name], only.shape).reshape(-1) for name in given]
    numbers = np.flatnonzero(wanted).tolist()
    assert list(zip(*(each.tolist() for each in found), strict=True)) == [
        tuple(block.row(number)[name] for name in given) for number in numbers
    ]


def _as_grid(block):
    """The columns of a block of both axes in one, with the frames on the first."""
    return {
        **block.columns,
        "num_frames": np.array([[5], [9]]),
        "text_len": np.array([[1, 2, 3]]),
    }
