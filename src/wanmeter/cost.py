"""`StageCost`: what a piece of work costs, and the laws by which costs combine."""

from collections.abc import Callable
from functools import cache
from typing import Any

from attrs import evolve, field, fields, frozen

from wanmeter.arithmetic import Symbolic, peak
from wanmeter.errors import InvalidValueError
from wanmeter.validation import is_int, non_negative_int

_Combine = Callable[[int, int], int]


def _add(first: int, second: int) -> int:
    return first + second


def _times(value: int, n: int) -> int:
    return value * n


def _same(value: int, _: int) -> int:
    return value


def _field(*, then: _Combine, sharing: _Combine, rerun: _Combine, stacked: _Combine) -> Any:
    """One row of the table of laws: how a field follows another, runs again, and is copied."""
    laws = {"then": then, "sharing": sharing, "rerun": rerun, "stacked": stacked}
    return field(default=0, validator=non_negative_int, metadata=laws)


@frozen(kw_only=True)
class StageCost:
    """Exact cost of a piece of work: non-negative Python ints, one unit a field.

    I/O convention: each operator reads each of its input tensors and its weights once and writes its
    output once; the attention core is one fused operator, so that scores never reach memory. An
    embedding reads the rows that it looks up; a causal convolution reads and writes its cache.

    Activation rule: an operator's live bytes are its inputs plus its output; a composite adds what it
    keeps alive while a child runs and takes the maximum over its children.

    There is no `*`: "forty times" is `rerun(40)` (the same weights again: steps, guidance) or
    `stacked(40)` (forty copies, each with weights of its own: blocks), and the two differ.

    Raises:
        InvalidValueError: a field is not a plain non-negative int (`bool` and `float` are refused).
    """

    flops: int = _field(then=_add, sharing=_add, rerun=_times, stacked=_times)
    """Matrix-multiply, convolution and attention-core FLOPs; 1 MAC = 2 FLOPs."""
    vector_flops: int = _field(then=_add, sharing=_add, rerun=_times, stacked=_times)
    """Element-wise and reduction operations, counted by `wanmeter.conventions.VECTOR_OPS`."""
    bytes_read: int = _field(then=_add, sharing=_add, rerun=_times, stacked=_times)
    """Bytes read from device memory."""
    bytes_written: int = _field(then=_add, sharing=_add, rerun=_times, stacked=_times)
    """Bytes written to device memory."""
    params: int = _field(then=_add, sharing=peak, rerun=_same, stacked=_times)
    """Parameters."""
    weight_bytes: int = _field(then=_add, sharing=peak, rerun=_same, stacked=_times)
    """Bytes of the parameters as stored."""
    activation_bytes: int = _field(then=peak, sharing=peak, rerun=_same, stacked=_same)
    """Peak live activation bytes within one forward pass; weights and KV cache excluded."""
    kv_cache_bytes: int = _field(then=_add, sharing=peak, rerun=_same, stacked=_times)
    """Bytes of keys and values kept between passes."""

    def __add__(self, other: "StageCost") -> "StageCost":
        """The cost of one after the other: counts add, peak activation is the larger."""
        if not isinstance(other, StageCost):
            return NotImplemented
        return self._combine("then", other)

    def sharing_weights(self, other: "StageCost") -> "StageCost":
        """The cost of one after the other over the same weights, at other shapes: only work adds."""
        return self._combine("sharing", other)

    def rerun(self, n: int) -> "StageCost":
        """The cost of `n` passes over the same weights: work multiplies, memory stays."""
        return self._repeat("rerun", n)

    def stacked(self, n: int) -> "StageCost":
        """The cost of `n` copies with weights of their own: all but peak activation multiplies."""
        return self._repeat("stacked", n)

    def holding(self, held_bytes: int) -> "StageCost":
        """The same work while the caller keeps `held_bytes` of other activations alive."""
        if not (is_int(held_bytes) or isinstance(held_bytes, Symbolic)) or held_bytes < 0:
            raise InvalidValueError("StageCost.holding", held_bytes, "a non-negative integer")
        return evolve(self, activation_bytes=self.activation_bytes + held_bytes)

    def _combine(self, law: str, other: "StageCost") -> "StageCost":
        return StageCost(
            **{
                name: combine(getattr(self, name), getattr(other, name))
                for name, combine in _laws()[law]
            }
        )

    def _repeat(self, law: str, n: int) -> "StageCost":
        if not (is_int(n) or isinstance(n, Symbolic)) or n < 1:
            raise InvalidValueError(f"StageCost.{law}", n, "a positive integer")
        return StageCost(**{name: repeat(getattr(self, name), n) for name, repeat in _laws()[law]})

    @property
    def io_bytes(self) -> int:
        """Bytes moved to and from device memory."""
        return self.bytes_read + self.bytes_written

    @property
    def arithmetic_intensity(self) -> float:
        """FLOPs per byte moved; 0.0 where nothing moves."""
        return self.flops / self.io_bytes if self.io_bytes else 0.0


COUNTS = tuple(attribute.name for attribute in fields(StageCost))
"""The fields of a cost."""


@cache
def _laws() -> dict[str, tuple[tuple[str, _Combine], ...]]:
    """Each law, field by field: looked up once, as costs combine thousands of times."""
    attributes = fields(StageCost)
    return {
        law: tuple((field.name, field.metadata[law]) for field in attributes)
        for law in attributes[0].metadata
    }
