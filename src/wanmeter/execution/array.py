"""`Array`: a tensor with a storage, an element type and a shape, but no values."""

from collections.abc import Sequence

from wanmeter.execution.dtype import BFLOAT16, FLOAT32, DType, promoted
from wanmeter.execution.tape import Grid, Storage, Tape

Number = int | float
"""A factor or a term that is no tensor: PyTorch passes it to the kernel."""


class Array:
    """A view of a storage: `rows` rows of `width` elements. Weights have no storage that counts.

    Elements are those that are stored: a dimension that is only expanded counts once. Arithmetic records
    the operator that PyTorch would run; of two arrays, the left is the one that has the result's shape.
    """

    __slots__ = ("dtype", "rows", "storage", "tape", "width")

    def __init__(
        self, tape: Tape, dtype: DType, rows: int, width: int, storage: Storage | None = None
    ) -> None:
        """View a storage, or a weight."""
        self.tape, self.dtype, self.storage = tape, dtype, storage
        self.rows, self.width = rows, width

    @property
    def elements(self) -> int:
        """The number of elements."""
        return self.rows * self.width

    @property
    def bytes(self) -> int:
        """The bytes that reading it takes."""
        return self.rows * self.width * self.dtype.bytes

    def view(self, rows: int, width: int, dtype: DType | None = None) -> "Array":
        """The same storage, or a part of it, in another shape or type."""
        return Array(self.tape, dtype or self.dtype, rows, width, self.storage)

    def chunk(self, parts: int) -> list["Array"]:
        """Views of equal numbers of rows."""
        return [self.view(self.rows // parts, self.width) for _ in range(parts)]

    def like(self, operator: str, *others: "Array", dtype: DType | None = None) -> "Array":
        """The result, as large as this array, of an operator that reads it and others."""
        return made(operator, (self, *others), self.rows, self.width, dtype or self.dtype)

    def to(self, dtype: DType) -> "Array":
        """A copy in another type; the array itself if it has the type already."""
        return self if dtype is self.dtype else self.like("_to_copy", dtype=dtype)

    def float(self) -> "Array":
        """A copy in float32; the array itself if it is float32."""
        return self.to(FLOAT32)

    def half(self) -> "Array":
        """A copy in bfloat16; the array itself if it is bfloat16."""
        return self.to(BFLOAT16)

    def changed(self, operator: str, *others: "Array") -> "Array":
        """The array itself, changed in place by an operator that reads it and others."""
        reads = [(each.dtype, each.bytes) for each in (self, *others)]
        self.tape.record(operator, reads, [(self.dtype, self.bytes)])
        return self

    def _with(self, operator: str, other: "Array | Number") -> "Array":
        if not isinstance(other, Array):
            return self.like(operator)
        return self.like(operator, other, dtype=promoted(self.dtype, other.dtype))

    def __add__(self, other: "Array | Number") -> "Array":
        return self._with("add", other)

    def __sub__(self, other: "Array | Number") -> "Array":
        return self._with("sub", other)

    def __mul__(self, other: "Array | Number") -> "Array":
        return self._with("mul", other)

    def __truediv__(self, other: "Array | Number") -> "Array":
        return self._with("div", other)

    __radd__ = __add__
    __rmul__ = __mul__


def made(
    operator: str,
    reads: Sequence[Array],
    rows: int,
    width: int,
    dtype: DType,
    *,
    also: Sequence[tuple[DType, int]] = (),
    flops: int = 0,
    grid: Grid | None = None,
    workspace: Sequence[int] = (),
) -> Array:
    """The result of an operator on arrays, allocated.

    `also` are further outputs, by type and elements, that are live until the operator returns.
    """
    tape = reads[0].tape
    size = rows * width * dtype.bytes
    result = Array(tape, dtype, rows, width, Storage(tape, size))
    writes = [(dtype, size), *[(each, count * each.bytes) for each, count in also]]
    others = [Storage(tape, written) for _, written in writes[1:]]
    given = [(each.dtype, each.bytes) for each in reads]
    tape.record(operator, given, writes, flops=flops, grid=grid, workspace=workspace)
    del others
    return result


def new(tape: Tape, dtype: DType, rows: int, width: int, operator: str = "") -> Array:
    """An array that is made of nothing: by an operator such as `new_zeros`, or by the caller."""
    size = rows * width * dtype.bytes
    result = Array(tape, dtype, rows, width, Storage(tape, size))
    if operator:
        tape.record(operator, (), [(dtype, size)])
    return result


def record(
    operator: str,
    reads: Sequence[Array],
    writes: Sequence[Array],
    *,
    flops: int = 0,
    grid: Grid | None = None,
) -> None:
    """Record an operator on arrays that were allocated before it."""
    given, made_of = ([(each.dtype, each.bytes) for each in some] for some in (reads, writes))
    writes[0].tape.record(operator, given, made_of, flops=flops, grid=grid)
