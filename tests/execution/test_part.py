"""A part finds its layers by name, and a module keeps its arguments until it returns."""

import pytest

from wanmeter import UnknownNameError, configure
from wanmeter.execution.array import Array, new
from wanmeter.execution.dtype import FLOAT32
from wanmeter.execution.part import Part, module
from wanmeter.execution.tape import Tape


@pytest.fixture
def part():
    run = configure("t2v-14b", "tiny", stages=["transformer"])
    ((layer, _),) = run.pipeline().children[0].layer.repeated
    return Part(Tape(), "transformer", layer, FLOAT32)


def test_a_part_has_its_path_and_operator(part):
    q = part["blocks"]["self_attn"]["q"]
    assert q.path == "transformer/blocks/self_attn/q"
    assert (q.matmul.n, q.matmul.k) == (5120, 5120)
    assert q.flops == 2 * q.matmul.m * 5120 * 5120
    assert [each.elements for each in q.weights()] == [5120 * 5120, 5120]
    assert part.copies("blocks") == 40


def test_an_unknown_part_is_refused(part):
    with pytest.raises(UnknownNameError, match=r"part of transformer 'block'.*blocks"):
        part["block"]


@module
def replaced(part, x):
    """Rebinds its argument before it runs another operator."""
    x = x + 1
    return x + 1


def test_a_module_keeps_its_arguments(part):
    tape = part.tape
    replaced(part, new(tape, FLOAT32, 1, 1))
    assert [moment.live_bytes for moment in tape.moments] == [2 * 4, 3 * 4]
    assert {moment.path for moment in tape.moments} == {"transformer"}
    assert tape.path == ""


def test_a_function_does_not(part):
    tape = part.tape
    replaced.__wrapped__(part, new(tape, FLOAT32, 1, 1))
    assert [moment.live_bytes for moment in tape.moments] == [2 * 4, 2 * 4]


def test_inputs_are_counted_apart(part):
    x = part.given(FLOAT32, 3, 5)
    assert isinstance(x, Array)
    assert (part.tape.input_bytes, part.tape.live_bytes) == (60, 0)
