"""`Passes`: one set of weights, run at several shapes."""

from collections.abc import Iterable
from functools import cached_property
from typing import final

from attrs import Attribute, field, frozen

from wanmeter.arithmetic import peak
from wanmeter.cost import StageCost
from wanmeter.errors import InvalidValueError
from wanmeter.layers.base import Child, Decorator, Layer, OperatorKind
from wanmeter.layers.step_scaled import StepScaled


def _as_tuple(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    return tuple(layers)


def _alike(_: object, attribute: "Attribute[tuple[Layer, ...]]", value: tuple[Layer, ...]) -> None:
    layers = all(isinstance(layer, Layer) for layer in value)
    if not value or not layers or len({(bool(layer.children), layer.kind) for layer in value}) > 1:
        allowed = "one layer or more, all of one kind, and either all with children or all without"
        raise InvalidValueError(f"Passes.{attribute.name}", value, allowed)


@final
@frozen
class Passes(Decorator):
    """Variants of one layer, run one after the other over the same weights: the chunks of a video, say.

    Work adds up; weights are there once; peak activation is the largest. It distributes over
    composites: its children are the variants' children, matched by name. A part that some variants
    skip is a part of the others only.

    Raises:
        InvalidValueError: there is no variant, or they are not of one kind, or one has children and another has none.
    """

    variants: tuple[Layer, ...] = field(converter=_as_tuple, validator=_alike)

    @cached_property
    def cost(self) -> StageCost:
        """The variants' work, over the same weights."""
        if self.children:
            return sum((child.cost for child in self.children), StageCost())
        total = StageCost()
        for variant in self.variants:
            total = total.sharing_weights(variant.cost)
        return total

    @cached_property
    def children(self) -> tuple[Child, ...]:
        """The variants' children of each name, run one after the other."""
        edges: dict[str, list[Child]] = {}
        # The variant with the most parts has them in their order.
        for variant in sorted(self.variants, key=lambda layer: -len(layer.children)):
            for child in variant.children:
                edges.setdefault(child.name, []).append(child)
        return tuple(in_turn(children) for children in edges.values())

    @property
    def calls(self) -> int:
        """The calls of all variants."""
        return sum(variant.calls for variant in self.variants)

    @property
    def kind(self) -> OperatorKind | None:
        """The variants' own kind."""
        return self.variants[0].kind


def in_turn(edges: Iterable[Child]) -> Child:
    """One edge for variants of one part that run in turn, each with held bytes of its own.

    Raises:
        InvalidValueError: they are not of one name and as many copies.
    """
    children = tuple(edges)
    if len({(child.name, child.copies) for child in children}) != 1:
        given = [(child.name, child.copies) for child in children]
        raise InvalidValueError("in_turn", given, "edges of one name and as many copies")
    layer = Passes(child.layer for child in children)
    # What is held differs between variants; the parent's peak is that of the worst of them.
    worst = peak(*(child.layer.cost.activation_bytes + child.held_bytes for child in children))
    return Child(
        name=children[0].name,
        layer=layer,
        copies=children[0].copies,
        held_bytes=worst - layer.cost.activation_bytes,
    )


def passes(*runs: tuple[Layer, int]) -> Layer:
    """Each layer as often as its count says, over the same weights; a count of 0 leaves it out."""
    return Passes(StepScaled(layer, count) for layer, count in runs if count)
