"""The tree that costs are read from: `Layer`, its edges, and the three ways to be a layer.

Every concrete layer is final and frozen, bound to its shapes when built, and either a `Leaf` that
states its cost, a `Composite` that only lists children, so that no parent can disagree with its parts,
or a `Decorator` that wraps other layers, whatever they are.
"""

from abc import ABC, abstractmethod
from enum import StrEnum
from functools import cached_property

from attrs import field, frozen

from wanmeter.cost import StageCost
from wanmeter.validation import instance_of, non_negative_int, part_name, positive_int


class OperatorKind(StrEnum):
    """The class of an operator: reports group by it."""

    GEMM = "gemm"
    CONVOLUTION = "convolution"
    ATTENTION = "attention"
    NORMALIZATION = "normalization"
    ELEMENTWISE = "elementwise"
    EMBEDDING = "embedding"
    RESAMPLING = "resampling"


class Layer(ABC):
    """A piece of the model, bound to concrete shapes."""

    __slots__ = ()

    @property
    @abstractmethod
    def cost(self) -> StageCost:
        """The cost of all `calls` of this layer."""

    @property
    def children(self) -> tuple["Child", ...]:
        """The parts, in execution order."""
        return ()

    @property
    def calls(self) -> int:
        """How many forward passes `cost` covers."""
        return 1

    @property
    def kind(self) -> OperatorKind | None:
        """The operator's class; `None` for a layer that is made of others."""
        return None


@frozen(kw_only=True)
class Child:
    """The edge from a layer to one of its parts.

    `copies` are equal parts with weights of their own, one after the other. `held_bytes` are the
    activations that the parent keeps alive while the part runs, beyond the part's own.
    """

    name: str = field(validator=part_name)
    layer: Layer = field(validator=instance_of(Layer))
    copies: int = field(default=1, validator=positive_int)
    held_bytes: int = field(default=0, validator=non_negative_int)

    @property
    def cost(self) -> StageCost:
        """What this edge adds to its parent."""
        return self.layer.cost.stacked(self.copies).holding(self.held_bytes)


class Leaf(Layer):
    """One operator. Its `cost` is its formula."""

    __slots__ = ()

    @property
    @abstractmethod
    def kind(self) -> OperatorKind:
        """The operator's class."""


class Composite(Layer):
    """A layer that only lists children; its cost is theirs, one after the other."""

    # No `__slots__`: the cached cost needs a place, and subclasses have none for what is not theirs.

    @property
    @abstractmethod
    def children(self) -> tuple[Child, ...]:
        """The parts, in execution order."""

    @cached_property
    def cost(self) -> StageCost:
        """The sum of the children, peak activation being the largest of them."""
        return sum((child.cost for child in self.children), StageCost())


class Decorator(Layer):
    """A layer around other layers: it forwards to them, changes what it is for, and overrides nothing.

    It distributes over composites: the children of a wrapped composite are its children, wrapped.
    """

    __slots__ = ()
