"""One operator of a Wan2.1 layer, its numbers written out."""

from typing import final

from attrs import frozen

from wanmeter.cost import StageCost
from wanmeter.layers.base import Child, Leaf, OperatorKind


@final
@frozen
class Wan2_1Operator(Leaf):
    """One operator of a Wan2.1 layer, its closed form already evaluated for all its calls."""

    kind: OperatorKind
    cost: StageCost
    calls: int


def operator(
    name: str,
    kind: OperatorKind,
    steps: int,
    *,
    flops: int = 0,
    vector_flops: int,
    reads: int,
    writes: int,
    params: int = 0,
    weight_bytes: int = 0,
    held: int = 0,
) -> Child:
    """An operator that runs `steps` times; `reads` and `writes` are activation bytes of one pass."""
    cost = StageCost(
        flops=steps * flops,
        vector_flops=steps * vector_flops,
        bytes_read=steps * (reads + weight_bytes),
        bytes_written=steps * writes,
        params=params,
        weight_bytes=weight_bytes,
        activation_bytes=reads + writes,
    )
    return Child(name=name, layer=Wan2_1Operator(kind, cost, steps), held_bytes=held)
