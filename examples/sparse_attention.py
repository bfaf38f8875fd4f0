"""A backend of one's own: self-attention that computes a given density of its scores."""

from fractions import Fraction
from math import ceil
from typing import final

from attrs import evolve, frozen

import wanmeter
from wanmeter import Child, Layer, OperatorKind, StageCost, StepScaled


@final
@frozen
class Sparse(Layer):
    """Any layer, its attention cores computing `density` of their scores; q, k and v are still read."""

    dense: Layer
    density: Fraction

    @property
    def children(self) -> tuple[Child, ...]:
        """The dense layer's children, each made sparse."""
        wrapped = [(child, Sparse(child.layer, self.density)) for child in self.dense.children]
        return tuple(evolve(child, layer=layer) for child, layer in wrapped)

    @property
    def cost(self) -> StageCost:
        """The dense layer's cost, with less work in the core."""
        if self.children:
            return sum((child.cost for child in self.children), StageCost())
        cost, density = self.dense.cost, self.density if self.kind is OperatorKind.ATTENTION else 1
        scores = {name: ceil(getattr(cost, name) * density) for name in ("flops", "vector_flops")}
        return evolve(cost, **scores)

    @property
    def kind(self) -> OperatorKind | None:
        """The dense layer's own kind."""
        return self.dense.kind


shared = wanmeter.get_backend("shared")


def sparse_self_attention(spec: wanmeter.SelfAttentionSpec, steps: int) -> Layer:
    """The shared backend's layer for one call, made sparse, then scaled to all calls."""
    return StepScaled(Sparse(shared.self_attention(spec, 1), Fraction(1, 4)), steps)


sparse = evolve(shared, name="sparse", self_attention=sparse_self_attention)

if __name__ == "__main__":
    for backend in (shared, sparse):
        total = wanmeter.meter("wan2_1_t2v_14b", "wan2-1-720p", backend).total
        print(f"{backend.name}: {total.flops:,} FLOPs")
