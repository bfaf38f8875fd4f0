"""An operator's cost: what it reads, writes and keeps alive, from its tensors."""

import pytest
from hypothesis import given

from tests.strategies import operators
from wanmeter import InvalidValueError, Operator, OperatorKind, Precision, StageCost, Tensor
from wanmeter.layers import AttentionShape, MatmulShape
from wanmeter.layers.operator import Invocation, cost_of

GEMM = OperatorKind.GEMM
PRECISION = Precision(bits=16, weight_bits=4)


def test_inputs_and_weights_are_read_once_and_outputs_written_once():
    operator = Operator.of(
        GEMM, PRECISION, flops=7, vector_flops=3, inputs=[10, 3], outputs=[5], weights=[9, 1]
    )
    assert operator.cost == StageCost(
        flops=7,
        vector_flops=3,
        bytes_read=20 + 6 + 5 + 1,  # 9 and 1 elements of 4 bits, each tensor in whole bytes
        bytes_written=10,
        params=10,
        weight_bytes=6,
        activation_bytes=20 + 6 + 10,
    )


def test_of_weights_that_are_looked_up_only_some_are_read():
    operator = Operator.of(GEMM, PRECISION, outputs=[6], weights=[100], weights_read=[6])
    assert operator.cost == StageCost(
        bytes_read=3, bytes_written=12, params=100, weight_bytes=50, activation_bytes=12
    )


def test_a_cache_is_written_and_is_no_activation():
    operator = Operator.of(GEMM, PRECISION, inputs=[6], kv_cache=[6])
    assert operator.cost == StageCost(
        bytes_read=12, bytes_written=12, activation_bytes=12, kv_cache_bytes=12
    )


def test_tensors_have_the_given_element_sizes_unless_they_say():
    """Token ids have 64 bits in any precision."""
    linear = Operator.of(GEMM, PRECISION, inputs=[5, Tensor(2, 64)], weights=[5])
    assert linear.inputs == (Tensor(5, 16), Tensor(2, 64))
    assert linear.weights == (Tensor(5, 4),)


@given(operators)
def test_the_peak_is_that_of_the_cost(operator):
    assert operator.activation_bytes == operator.cost.activation_bytes


@given(operators, operators)
def test_invocations_share_their_weights(a, b):
    assert cost_of([Invocation(a, 2), Invocation(b, 3)]) == StageCost.sharing_weights(
        [a.cost.rerun(2), b.cost.rerun(3)]
    )
    idle = StageCost(params=a.cost.params, weight_bytes=a.cost.weight_bytes)
    assert cost_of([Invocation(a, 0)]) == idle


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "gemm"),
        ("flops", -1),
        ("vector_flops", 1.5),
        ("inputs", [Tensor(1, 16)]),
        ("outputs", (1,)),
        ("weights", None),
        ("weights_read", (2,)),
        ("kv_cache", Tensor(1, 16)),
        ("shape", (2, 3, 4)),
    ],
)
def test_what_is_no_operator_is_refused(field, value):
    with pytest.raises(InvalidValueError, match=rf"Operator\.{field}: got "):
        Operator(**{"kind": GEMM, field: value})


@pytest.mark.parametrize("bits", [0, -8, True, 16.0, "16", None])
def test_sizes_are_whole_bits(bits):
    for name in ("bits", "weight_bits"):
        with pytest.raises(InvalidValueError, match=rf"Precision\.{name}: got "):
            Precision(**{name: bits})
    with pytest.raises(InvalidValueError, match=r"Tensor\.bits: got "):
        Tensor(1, bits)


def test_shapes_are_counts():
    with pytest.raises(InvalidValueError, match=r"MatmulShape\.k: got 0"):
        MatmulShape(m=1, n=2, k=0)
    heads = {"num_heads": 4, "num_kv_heads": 4, "head_dim": 8}
    with pytest.raises(InvalidValueError, match=r"AttentionShape\.keys: got -1"):
        AttentionShape(batch_size=1, queries=2, keys=-1, **heads)
