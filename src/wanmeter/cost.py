"""`StageCost`: the cost of a piece of work, and the laws by which costs combine."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import mul
from typing import Any, Literal

from attrs import field, fields, frozen

from wanmeter.arithmetic import peak
from wanmeter.errors import InvalidValueError
from wanmeter.validators import as_int, is_count, non_negative_int

_Combine = Callable[[Sequence[int]], int]
_Repeat = Callable[[int, int], int]


def _largest(values: Sequence[int]) -> int:
    return peak(*values)


def _same(value: int, _: int) -> int:
    return value


def _field(*, then: _Combine, sharing: _Combine, rerun: _Repeat, stacked: _Repeat) -> Any:
    """A cost field and its laws: in sequence, sharing weights, rerun and stacked."""
    laws = {"then": then, "sharing": sharing, "rerun": rerun, "stacked": stacked}
    return field(default=0, validator=non_negative_int, metadata=laws)


@frozen(kw_only=True)
class StageCost:
    """Exact cost of a piece of work, as non-negative Python ints.

    I/O convention: each operator reads each of its input tensors and its weights once and writes its
    output once; the attention core is one fused operator, so that scores never reach memory. An
    embedding reads the rows that it looks up; a causal convolution reads and writes its cache.

    Activation rule: an operator's live bytes are its inputs plus its output. A composite adds to each
    child the bytes that it keeps alive meanwhile, and takes the maximum over its children.

    There is no `*`, because "forty times" is ambiguous: `rerun(40)` runs the same weights forty times
    (steps, guidance); `stacked(40)` has forty copies, each with its own weights (blocks).

    Raises:
        InvalidValueError: a field is not a non-negative int; `bool` and `float` are refused.
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
    """Number of parameters."""
    weight_bytes: int = _field(then=sum, sharing=_largest, rerun=_same, stacked=mul)
    """Bytes of the parameters as stored."""
    activation_bytes: int = _field(then=_largest, sharing=_largest, rerun=_same, stacked=_same)
    """Peak live activation bytes within one forward pass; weights and KV cache excluded."""
    kv_cache_bytes: int = _field(then=sum, sharing=_largest, rerun=_same, stacked=mul)
    """Bytes of keys and values kept between passes."""

    @classmethod
    def in_sequence(cls, costs: Iterable["StageCost"]) -> "StageCost":
        """The cost of running `costs` in sequence: counts add, peak activation is the largest."""
        return cls._combined("then", costs)

    @classmethod
    def sharing_weights(cls, costs: Iterable["StageCost"]) -> "StageCost":
        """The cost of running the same weights at several shapes: work adds, memory is the largest."""
        return cls._combined("sharing", costs)

    def __add__(self, other: "StageCost") -> "StageCost":
        """The cost of two pieces of work in sequence."""
        if not isinstance(other, StageCost):
            return NotImplemented
        return self.in_sequence((self, other))

    def __radd__(self, other: Literal[0]) -> "StageCost":
        """`0 + cost` is the cost, so that `sum(costs)` adds costs; no other number adds to one."""
        return self if type(other) is int and other == 0 else NotImplemented

    def rerun(self, n: int) -> "StageCost":
        """The cost of `n` passes over the same weights: work multiplies, memory does not."""
        return self._repeated("rerun", n)

    def stacked(self, n: int) -> "StageCost":
        """The cost of `n` copies, each with its own weights: all but peak activation multiplies."""
        return self._repeated("stacked", n)

    def holding(self, held_bytes: int) -> "StageCost":
        """The same cost while the caller keeps `held_bytes` of other activations alive."""
        held_bytes = as_int(held_bytes)
        if not is_count(held_bytes) or held_bytes < 0:
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
        n = as_int(n)
        if not is_count(n) or n < 1:
            raise InvalidValueError(f"StageCost.{law}", n, "a positive integer")
        return StageCost(**{name: repeat(getattr(self, name), n) for name, repeat in _laws()[law]})

    @property
    def io_bytes(self) -> int:
        """Bytes moved to and from device memory."""
        return self.bytes_read + self.bytes_written

    @property
    def arithmetic_intensity(self) -> float:
        """FLOPs per byte moved; 0.0 if none is moved."""
        return self.flops / self.io_bytes if self.io_bytes else 0.0


COUNTS = tuple(attribute.name for attribute in fields(StageCost))
"""Names of the cost fields."""


@cache
def _laws() -> dict[str, tuple[tuple[str, Any], ...]]:
    """Each law as (field, function) pairs. Cached, because costs combine thousands of times."""
    attributes = fields(StageCost)
    return {
        law: tuple((field.name, field.metadata[law]) for field in attributes)
        for law in attributes.flops.metadata  # every field has the same laws
    }
