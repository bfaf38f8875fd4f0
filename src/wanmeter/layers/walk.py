"""`walk`: all layers of a tree in sequence, for reports, plots and verification."""

from collections.abc import Iterator
from functools import cached_property

from attrs import frozen

from wanmeter.conventions import OperatorKind
from wanmeter.cost import StageCost
from wanmeter.layers.base import Layer, cost_of_copies
from wanmeter.layers.operator import Invocation


@frozen(kw_only=True)
class Visit:
    """A layer of the tree, and its place there.

    `path` is slash-separated; `copies` counts the layer's copies in the whole tree, and `calls` the
    forward passes of each copy; `held_bytes` is what its parent keeps alive while it runs.
    """

    path: str
    copies: int
    calls: int
    held_bytes: int
    layer: Layer

    @property
    def depth(self) -> int:
        """Depth in the tree; 0 for the parts of the root."""
        return self.path.count("/")

    @property
    def kind(self) -> OperatorKind | None:
        """The operator's kind; `None` for a composite."""
        return self.layer.kind

    @property
    def invocations(self) -> tuple[Invocation, ...]:
        """The operator of each copy and its number of calls, for each shape; empty for a composite."""
        return self.layer.invocations

    @cached_property
    def cost(self) -> StageCost:
        """The cost of all copies and all calls."""
        return cost_of_copies(self.layer, self.copies)


def walk(root: Layer) -> Iterator[Visit]:
    """All layers below `root` in execution order, parents before their children."""
    return _walk(root, prefix="", copies=1)


def _walk(parent: Layer, prefix: str, copies: int) -> Iterator[Visit]:
    for child in parent.children:
        visit = Visit(
            path=prefix + child.name,
            copies=copies * child.copies,
            calls=child.layer.calls,
            held_bytes=child.held_bytes,
            layer=child.layer,
        )
        yield visit
        yield from _walk(child.layer, f"{visit.path}/", visit.copies)
