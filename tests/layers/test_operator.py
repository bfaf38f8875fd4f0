"""The I/O convention: what an operator reads, writes and keeps alive, from the elements of its tensors."""

import pytest

from wanmeter import InvalidValueError, StageCost
from wanmeter.layers.operator import operator_cost


def test_inputs_and_weights_are_read_once_and_outputs_written_once():
    cost = operator_cost(
        flops=7, vector_flops=3, inputs=[10, 3], outputs=[5], weights=[9, 1], bits=16, weight_bits=4
    )
    assert cost == StageCost(
        flops=7,
        vector_flops=3,
        bytes_read=20 + 6 + 5 + 1,  # 9 and 1 elements of 4 bits, each tensor in whole bytes
        bytes_written=10,
        params=10,
        weight_bytes=6,
        activation_bytes=20 + 6 + 10,
    )


def test_tensors_come_in_anything_that_can_be_gone_through():
    listed = {"inputs": [10, 3], "outputs": [5], "weights": [9, 1]}
    once = {name: iter(elements) for name, elements in listed.items()}
    assert operator_cost(**once, bits=8, weight_bits=8) == operator_cost(
        **listed, bits=8, weight_bits=8
    )
    assert operator_cost(weights=iter([]), bits=8) == StageCost()


@pytest.mark.parametrize("bits", [0, -8, True, 16.0, "16", None])
def test_sizes_are_whole_bits(bits):
    with pytest.raises(InvalidValueError, match=r"operator_cost\.bits: got "):
        operator_cost(bits=bits)
    if bits is not None:
        with pytest.raises(InvalidValueError, match=r"operator_cost\.weight_bits: got "):
            operator_cost(bits=8, weight_bits=bits)


def test_weights_have_a_size():
    with pytest.raises(InvalidValueError, match="there are weights"):
        operator_cost(weights=[5], bits=16)
    assert operator_cost(bits=1) == StageCost()
    assert operator_cost(weights=[8], bits=1, weight_bits=1).weight_bytes == 1
