"""`StageCost`: what a piece of work costs, and the laws by which costs combine."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import mul
from typing import Any

from attrs import field, fields, frozen

from wanmeter.arithmetic import Symbolic, peak
from wanmeter.errors import InvalidValueError
from wanmeter.validators import is_int, non_negative_int

_Combine = Callable[[Sequence[int]], int]
_Repeat = Callable[[int, int], int]


def _largest(values: Sequence[int]) -> int:
    return peak(*values)


def _same(value: int, _: int) -> int:
    return value


def _field(*, then: _Combine, sharing: _Combine, rerun: _Repeat, stacked: _Repeat) -> Any:
    """One row of the table of laws: how a field follows others, runs again, and is copied."""
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

    flops: int = _field(then=sum, sharing=sum, rerun=mul, stacked=mul)
    """Matrix-multiply, convolution and attention-core FLOPs; 1 MAC = 2 FLOPs."""
    vector_flops: int = _field(then=sum, sharing=sum, rerun=mul, stacked=mul)
    """Element-wise and reduction operations, counted by `wanmeter.conventions.VECTOR_OPS`."""
    bytes_read: int = _field(then=sum, sharing=sum, rerun=mul, stacked=mul)
    """Bytes read from device memory."""
    bytes_written: int = _field(then=sum, sharing=sum, rerun=mul, stacked=mul)
    """Bytes written to device memory."""
    params: int = _field(then=sum, sharing=_largest, rerun=_same, stacked=mul)
    """Parameters."""
    weight_bytes: int = _field(then=sum, sharing=_largest, rerun=_same, stacked=mul)
    """Bytes of the parameters as stored."""
    activation_bytes: int = _field(then=_largest, sharing=_largest, rerun=_same, stacked=_same)
    """Peak live activation bytes within one forward pass; weights and KV cache excluded."""
    kv_cache_bytes: int = _field(then=sum, sharing=_largest, rerun=_same, stacked=mul)
    """Bytes of keys and values kept between passes."""

    @classmethod
    def in_sequence(cls, costs: Iterable["StageCost"]) -> "StageCost":
        """The cost of one after the other: counts add, peak activation is the largest."""
        return cls._combined("then", costs)

    @classmethod
    def sharing_weights(cls, costs: Iterable["StageCost"]) -> "StageCost":
        """The cost of one after the other over the same weights, at other shapes: only work adds."""
        return cls._combined("sharing", costs)

    def __add__(self, other: "StageCost") -> "StageCost":
        """The cost of two, one after the other."""
        if not isinstance(other, StageCost):
            return NotImplemented
        return self.in_sequence((self, other))

    def rerun(self, n: int) -> "StageCost":
        """The cost of `n` passes over the same weights: work multiplies, memory stays."""
        return self._repeated("rerun", n)

    def stacked(self, n: int) -> "StageCost":
        """The cost of `n` copies with weights of their own: all but peak activation multiplies."""
        return self._repeated("stacked", n)

    def holding(self, held_bytes: int) -> "StageCost":
        """The same work while the caller keeps `held_bytes` of other activations alive."""
        if not (is_int(held_bytes) or isinstance(held_bytes, Symbolic)) or held_bytes < 0:
            raise InvalidValueError("StageCost.holding", held_bytes, "a non-negative integer")
        counts = {name: getattr(self, name) for name in COUNTS}
        counts["activation_bytes"] = self.activation_bytes + held_bytes
        return StageCost(**counts)

    @classmethod
    def _combined(cls, law: str, costs: Iterable["StageCost"]) -> "StageCost":
        each = tuple(costs)
        if not each:
            return cls()
        return cls(
            **{
                name: combine([getattr(cost, name) for cost in each])
                for name, combine in _laws()[law]
            }
        )

    def _repeated(self, law: str, n: int) -> "StageCost":
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
def _laws() -> dict[str, tuple[tuple[str, Any], ...]]:
    """Each law, field by field: looked up once, as costs combine thousands of times."""
    attributes = fields(StageCost)
    return {
        law: tuple((field.name, field.metadata[law]) for field in attributes)
        for law in attributes.flops.metadata  # every field has the same laws
    }
