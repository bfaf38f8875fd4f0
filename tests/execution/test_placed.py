"""Where weights are: what is on the device, what waits on the host, and what crosses between."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from wanmeter import InvalidValueError
from wanmeter.execution.execution import Stored
from wanmeter.execution.options import QUANTIZED, PlacementOptions
from wanmeter.execution.placed import converted_bytes, placed

ROOT, BLOCK, BLOCKS = 100, 30 + 12, 7
ROWS = [
    Stored("embedding", 1, ROOT, 0),
    Stored("blocks/q", BLOCKS, 30, 10),
    Stored("blocks/norm", BLOCKS, 12, 0),
]
WHOLE = ROOT + BLOCKS * BLOCK
PLAIN = PlacementOptions(name="resident")


def place(**options):
    grouped = options.pop("grouped", True)
    return placed(ROWS, evolve(PLAIN, **options), grouped=grouped)


def test_all_weights_are_on_the_device():
    made = place()
    assert (made.weight_bytes, made.device_bytes) == (WHOLE, WHOLE)
    assert (made.host_bytes, made.moved_bytes) == (0, 0)


@given(st.integers(0, BLOCKS))
def test_swapped_blocks_wait_and_two_are_on_their_way(number):
    made = place(blocks_to_swap=number)
    assert made.device_bytes == WHOLE - (number - min(number, 2)) * BLOCK
    assert made.host_bytes == made.moved_bytes == number * BLOCK


def test_more_blocks_than_there_are_are_refused():
    with pytest.raises(InvalidValueError, match="at most 7, the number of blocks"):
        place(blocks_to_swap=8)


@pytest.mark.parametrize(("stream", "groups"), [(False, 1), (True, 2)])
def test_blocks_come_in_groups(stream, groups):
    made = place(offload_type="block_level", use_stream=stream)
    assert made.device_bytes == ROOT + groups * BLOCK
    assert made.host_bytes == made.moved_bytes == WHOLE


def test_a_group_is_at_most_all_blocks():
    made = place(offload_type="block_level", num_blocks_per_group=100)
    assert made.device_bytes == WHOLE


def test_each_list_of_blocks_has_groups_of_its_own():
    """The largest group is what is there, of either list; the other list waits."""
    rows = [*ROWS, Stored("vace_blocks/q", 2, 50, 10), Stored("vace_blocks/norm", 4, 5, 0)]
    options = evolve(PLAIN, offload_type="block_level")
    made = placed(rows, options, grouped=True)
    assert made.device_bytes == ROOT + max(BLOCK, 50 + 2 * 5)
    assert made.weight_bytes == made.moved_bytes == WHOLE + 2 * (50 + 2 * 5)


def test_blocks_that_are_not_found_are_one_group():
    assert place(offload_type="block_level", grouped=False).device_bytes == WHOLE


@pytest.mark.parametrize(("stream", "leaves"), [(False, ROOT), (True, ROOT + 30)])
def test_leaves_come_one_by_one(stream, leaves):
    assert place(offload_type="leaf_level", use_stream=stream).device_bytes == leaves


@pytest.mark.parametrize("quantized", QUANTIZED)
def test_the_matrices_of_blocks_are_quantized(quantized):
    """A matrix of 10 elements of 3 bytes."""
    elements, size = QUANTIZED[quantized]
    stored = -(-10 * size // elements)
    assert place(quantized=quantized).device_bytes == ROOT + BLOCKS * (stored + 12)
    assert converted_bytes(ROWS, evolve(PLAIN, quantized=quantized)) == 30
    assert converted_bytes(ROWS, PLAIN) == 0
