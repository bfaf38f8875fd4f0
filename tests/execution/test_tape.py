"""A tape has the bytes that are live while each operator runs: those that something still refers to."""

import pytest

from wanmeter.execution.array import Array, made, new
from wanmeter.execution.dtype import BFLOAT16, FLOAT32, FLOAT64, promoted
from wanmeter.execution.operators import cat, layer_norm, stack
from wanmeter.execution.tape import Moment, Tape


@pytest.fixture
def tape():
    return Tape()


def test_an_array_is_live_while_it_has_a_name(tape):
    x = new(tape, FLOAT32, 3, 5)
    assert tape.live_bytes == 3 * 5 * 4
    y = x.view(5, 3)
    del x
    assert tape.live_bytes == 3 * 5 * 4  # the view keeps the storage
    del y
    assert tape.live_bytes == 0


def test_the_old_value_of_a_name_is_live_while_the_new_one_is_made(tape):
    x = new(tape, FLOAT32, 3, 5)
    x = x + 1
    (moment,) = tape.moments
    assert moment.live_bytes == 2 * 3 * 5 * 4
    assert tape.live_bytes == 3 * 5 * 4
    del x


def test_a_temporary_is_freed_at_once(tape):
    x = new(tape, FLOAT32, 3, 5)
    y = (x + 1) * 2
    assert [moment.live_bytes for moment in tape.moments] == [2 * 60, 3 * 60]
    assert tape.live_bytes == 2 * 60
    del x, y


def test_weights_are_read_and_not_live(tape):
    weight = Array(tape, FLOAT32, 1, 5)
    x = new(tape, BFLOAT16, 3, 5)
    y = x * weight
    (kernel,) = tape.kernels
    assert kernel.bytes_read == 3 * 5 * 2 + 5 * 4
    assert kernel.bytes_written == y.bytes == 3 * 5 * 4  # promoted
    assert tape.live_bytes == x.bytes + y.bytes


@pytest.mark.parametrize("copies", [cat, stack])
def test_joining_copies_even_one_array(tape, copies):
    x = new(tape, FLOAT32, 3, 5)
    y = copies(x)
    assert y.storage is not x.storage
    assert (y.rows, y.width) == (3, 5)


def test_a_cast_to_the_same_type_is_the_array_itself(tape):
    x = new(tape, FLOAT32, 3, 5)
    assert x.float() is x
    assert x.half().dtype is BFLOAT16
    assert len(tape.kernels) == 1


def test_further_outputs_are_live_until_the_operator_returns(tape):
    x = new(tape, FLOAT32, 3, 5)
    y = layer_norm(x)
    (moment,) = tape.moments
    assert moment.live_bytes == 2 * 60 + 2 * 3 * 4
    assert tape.live_bytes == 2 * 60
    assert tape.kernels[0].bytes_written == 60 + 2 * 3 * 4
    del y


def test_what_repeats_multiplies_work_and_no_bytes(tape):
    x = new(tape, FLOAT32, 3, 5)
    with tape.repeated(7):
        x = made("addmm", (x,), 3, 5, FLOAT32, flops=11)
    (kernel,) = tape.kernels
    assert (kernel.calls, kernel.flops, kernel.bytes_read) == (7, 77, 7 * 60)
    assert [moment.live_bytes for moment in tape.moments] == [120]


def test_types_promote_as_in_pytorch():
    assert promoted(BFLOAT16, FLOAT32) is FLOAT32
    assert promoted(FLOAT64, FLOAT32, BFLOAT16) is FLOAT64


@pytest.mark.parametrize(
    ("workspace", "more"), [("none", 0), ("in", 20), ("inout", 20 + 300), ("columns", 4000)]
)
def test_a_convolution_may_take_a_workspace(workspace, more):
    moment = Moment("vae", "convolution", 1, 20, 300, 4000)
    assert moment.with_workspace(workspace) == 1 + more
