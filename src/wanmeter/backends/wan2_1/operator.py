"""A leaf layer whose numbers are given."""

from typing import final

from attrs import frozen

from wanmeter.layers.base import Child, Leaf
from wanmeter.layers.operator import Operator


@final
@frozen
class Wan2_1Operator(Leaf):
    """One operator of a Wan2.1 layer, with its numbers already computed."""

    operator: Operator


def part(name: str, operator: Operator, *, held: int = 0) -> Child:
    """An operator as a part of a layer, which holds `held` bytes around it."""
    return Child(name=name, layer=Wan2_1Operator(operator), held_bytes=held)
