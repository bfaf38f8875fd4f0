"""A third party's layer that is one operator."""

from typing import final

from attrs import evolve, frozen

from wanmeter import Leaf, Operator, OperatorKind, Tensor


@final
@frozen
class Fused(Leaf):
    """One operator, whatever it is."""

    operator: Operator


def fused(layer, **changes):
    """One operator with the cost of a layer, except `changes`; its peak is at least its output."""
    cost = evolve(layer.cost, **changes)
    inputs = max(cost.activation_bytes - cost.bytes_written, 0)
    operator = Operator(
        kind=OperatorKind.GEMM,
        flops=cost.flops,
        vector_flops=cost.vector_flops,
        inputs=(Tensor(inputs, 8),),
        outputs=(Tensor(cost.bytes_written, 8),),
        weights=(Tensor(cost.params, 16),),
        weights_read=(Tensor(cost.bytes_read - inputs, 8),),
    )
    assert evolve(operator.cost, activation_bytes=cost.activation_bytes) == cost
    return Fused(operator)
