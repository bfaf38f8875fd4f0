"""`MapOperators`: the decorator that changes what a layer's operators are."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import final

from attrs import field, frozen

from wanmeter.layers.base import Layer
from wanmeter.layers.decorator import Decorator, Repeated
from wanmeter.layers.operator import Invocation, Operator
from wanmeter.validators import function, instance_of, require_instance


@final
@frozen
class MapOperators(Decorator):
    """`layer`, each of its operators replaced by what `change` makes of it: sparse, quantised, sharded.

    `change` is given an `Operator` and returns one, the same where there is nothing to change. What is
    held between operators stays as it is, and so does how often they are called.
    """

    layer: Layer = field(validator=instance_of(Layer))
    change: Callable[[Operator], Operator] = field(validator=function("an Operator"))

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """The layer, once."""
        return ((self.layer, 1),)

    def around(self, layers: Sequence[Repeated]) -> "MapOperators":
        """A part, its operators changed too."""
        ((layer, _),) = layers
        return MapOperators(layer, self.change)

    @cached_property
    def invocations(self) -> tuple[Invocation, ...]:
        """The layer's, each operator changed.

        Raises:
            InvalidValueError: `change` returned something else than an `Operator`.
        """
        changed = []
        for operator, calls in self.layer.invocations:
            result = self.change(operator)
            require_instance("what MapOperators.change returns", result, Operator)
            changed.append(Invocation(result, calls))
        return tuple(changed)

    @property
    def cached_bytes(self) -> int:
        """The layer's own."""
        return self.layer.cached_bytes

    @property
    def kept_bytes(self) -> int:
        """The layer's own."""
        return self.layer.kept_bytes
