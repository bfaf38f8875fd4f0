"""`MapOperators`: the decorator that replaces a layer's operators."""

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
    """`layer` with each operator replaced by `change(operator)`: sparse, quantised or sharded, say.

    `change` may return the operator that it is given. The tensors held between operators and the
    numbers of calls do not change.
    """

    layer: Layer = field(validator=instance_of(Layer))
    change: Callable[[Operator], Operator] = field(validator=function("an Operator"))

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """The layer, called once."""
        return ((self.layer, 1),)

    def around(self, layers: Sequence[Repeated]) -> "MapOperators":
        """A part with the same change."""
        ((layer, _),) = layers
        return MapOperators(layer, self.change)

    @cached_property
    def invocations(self) -> tuple[Invocation, ...]:
        """The layer's invocations, with each operator replaced.

        Raises:
            InvalidValueError: `change` did not return an `Operator`.
        """
        changed = []
        for operator, calls in self.layer.invocations:
            result = self.change(operator)
            require_instance("what MapOperators.change returns", result, Operator)
            changed.append(Invocation(result, calls))
        return tuple(changed)

    @property
    def cached_bytes(self) -> int:
        """The same as the layer's."""
        return self.layer.cached_bytes

    @property
    def kept_bytes(self) -> int:
        """The same as the layer's."""
        return self.layer.kept_bytes
