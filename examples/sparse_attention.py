"""A backend of one's own: self-attention that computes one in four of its scores."""

from attrs import evolve

import wanmeter
from wanmeter import Layer, MapOperators, Operator, OperatorKind

ONE_IN = 4


def sparse(operator: Operator) -> Operator:
    """An attention core computes a part of its scores; q, k and v are still read. Others are as they were."""
    if operator.kind is not OperatorKind.ATTENTION:
        return operator
    # In whole numbers, rounded up: so that it has a closed form too.
    flops, vector_flops = -(-operator.flops // ONE_IN), -(-operator.vector_flops // ONE_IN)
    return evolve(operator, flops=flops, vector_flops=vector_flops)


shared = wanmeter.get_backend("shared")


def sparse_self_attention(spec: wanmeter.SelfAttentionSpec) -> Layer:
    """The shared backend's layer, made sparse."""
    return MapOperators(shared.self_attention(spec), sparse)


sparse_backend = evolve(
    shared,
    name="sparse",
    self_attention=sparse_self_attention,
    changes=["self_attn/core"],  # `wanmeter verify` compares all other parts
)

if __name__ == "__main__":
    for backend in (shared, sparse_backend):
        total = wanmeter.meter("wan2_1_t2v_14b", "wan2-1-720p", backend).total
        print(f"{backend.name}: {total.flops:,} FLOPs")
