"""`Operator`: what one operator computes, reads and writes, and the cost that follows from it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

from attrs import Attribute, field, frozen
from attrs.validators import optional

from wanmeter.arithmetic import tensor_bytes
from wanmeter.conventions import OperatorKind
from wanmeter.cost import StageCost
from wanmeter.errors import InvalidValueError
from wanmeter.layers.precision import Precision
from wanmeter.layers.shapes import Shape
from wanmeter.validators import instance_of, non_negative_int, positive_int, where


@frozen
class Tensor:
    """A stored tensor of `elements` elements of `bits` bits each."""

    elements: int = field(validator=non_negative_int)
    bits: int = field(validator=positive_int)

    @property
    def bytes(self) -> int:
        """Its size in bytes, rounded up."""
        return tensor_bytes(self.elements, self.bits)


Elements = Iterable[int | Tensor]
"""Tensors, or numbers of elements of tensors in the operator's own element size."""


def _tensors(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    if not isinstance(value, tuple) or not all([type(each) is Tensor for each in value]):
        raise InvalidValueError(where(instance, attribute), value, "a tuple of Tensors")


def _shape(instance: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is not None and not isinstance(value, Shape):
        allowed = "a MatmulShape, an AttentionShape, a ConvolutionShape, or None"
        raise InvalidValueError(where(instance, attribute), value, allowed)


@frozen(kw_only=True)
class Operator:
    """One operator, called once.

    `flops` counts matrix multiplies, convolutions and attention cores; `vector_flops` counts element-wise
    work, by `VECTOR_OPS`. Each input and weight is read once, each output is written once, and inputs and
    outputs are live while it runs. `shape` is the problem shape, for operators whose speed depends on
    more than the bytes moved.

    `weights_read` is the part of the weights that is read, if not all: an embedding's rows. `kv_cache`
    is written too; it outlives the pass and is not an activation.

    Raises:
        InvalidValueError: a count is not a non-negative int, or a list holds something other than `Tensor`s.
    """

    kind: OperatorKind = field(validator=instance_of(OperatorKind))
    flops: int = field(default=0, validator=non_negative_int)
    vector_flops: int = field(default=0, validator=non_negative_int)
    inputs: tuple[Tensor, ...] = field(default=(), validator=_tensors)
    outputs: tuple[Tensor, ...] = field(default=(), validator=_tensors)
    weights: tuple[Tensor, ...] = field(default=(), validator=_tensors)
    weights_read: tuple[Tensor, ...] | None = field(default=None, validator=optional(_tensors))
    kv_cache: tuple[Tensor, ...] = field(default=(), validator=_tensors)
    shape: Shape | None = field(default=None, validator=_shape)

    @classmethod
    def of(
        cls,
        kind: OperatorKind,
        precision: Precision,
        *,
        flops: int = 0,
        vector_flops: int = 0,
        inputs: Elements = (),
        outputs: Elements = (),
        weights: Elements = (),
        weights_read: Elements | None = None,
        kv_cache: Elements = (),
        shape: Shape | None = None,
    ) -> "Operator":
        """An operator from its tensors' numbers of elements, all in one `precision`."""
        bits, weight_bits = precision.bits, precision.weight_bits
        return cls(
            kind=kind,
            flops=flops,
            vector_flops=vector_flops,
            inputs=_in_bits(inputs, bits),
            outputs=_in_bits(outputs, bits),
            weights=_in_bits(weights, weight_bits),
            weights_read=None if weights_read is None else _in_bits(weights_read, weight_bits),
            kv_cache=_in_bits(kv_cache, bits),
            shape=shape,
        )

    @cached_property
    def activation_bytes(self) -> int:
        """Live bytes while it runs: inputs and outputs."""
        return _bytes(self.inputs) + _bytes(self.outputs)

    @cached_property
    def cost(self) -> StageCost:
        """The cost of one call. Implements the I/O convention and the activation rule, for all operators."""
        inputs, outputs = _bytes(self.inputs), _bytes(self.outputs)
        weights, kept = _bytes(self.weights), _bytes(self.kv_cache)
        read = weights if self.weights_read is None else _bytes(self.weights_read)
        return StageCost(
            flops=self.flops,
            vector_flops=self.vector_flops,
            bytes_read=inputs + read,
            bytes_written=outputs + kept,
            params=sum([tensor.elements for tensor in self.weights]),
            weight_bytes=weights,
            activation_bytes=inputs + outputs,
            kv_cache_bytes=kept,
        )


def _in_bits(elements: Elements, bits: int) -> tuple[Tensor, ...]:
    return tuple([each if type(each) is Tensor else Tensor(each, bits) for each in elements])  # type: ignore[arg-type]


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum([tensor.bytes for tensor in tensors])


class Invocation(NamedTuple):
    """An operator and its number of calls: 0 if its weights are only loaded."""

    operator: Operator
    calls: int


def cost_of(invocations: Iterable[Invocation]) -> StageCost:
    """The cost of invocations that share one set of weights."""
    costs = []
    for operator, calls in invocations:
        once = operator.cost
        idle = StageCost(params=once.params, weight_bytes=once.weight_bytes)
        costs.append(once.rerun(calls) if calls else idle)
    return costs[0] if len(costs) == 1 else StageCost.sharing_weights(costs)
