"""`Tape`: what a program on arrays does to memory, kernel by kernel."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from wanmeter.execution.dtype import DType

Workspace = Literal["none", "in", "inout", "columns"]
"""What a convolution takes while it runs: nothing, a copy of its input, of input and output, or columns."""


class Attended(NamedTuple):
    """What one call of an attention kernel computes: its heads in all samples, and the queries of each."""

    heads: int
    queries: int
    head_dim: int


class Product(NamedTuple):
    """What one call of a matrix product computes: independent results, each of rows and columns."""

    results: int
    rows: int
    columns: int


Grid = Attended | Product
"""What one call of a kernel computes, where its speed depends on how thread blocks divide it."""


class Kernel(NamedTuple):
    """An operator that a module runs, with all its calls.

    `operator` is PyTorch's name for it; `reads` and `writes` are the types of its tensors. FLOPs and bytes
    are those of all calls. `grid` is what one call of a matrix product or of attention computes.
    """

    path: str
    operator: str
    reads: tuple[DType, ...]
    writes: tuple[DType, ...]
    calls: int
    flops: int
    bytes_read: int
    bytes_written: int
    grid: Grid | None = None


class Moment(NamedTuple):
    """The live bytes, beyond inputs and weights, while an operator runs.

    A convolution may take more while it runs: copies of its input and output in another layout, or the
    columns of a product that it is lowered to. Which, the library decides.
    """

    path: str
    operator: str
    live_bytes: int
    input_bytes: int = 0
    output_bytes: int = 0
    column_bytes: int = 0

    def with_workspace(self, workspace: Workspace) -> int:
        """The live bytes, with the workspace of a convolution."""
        if workspace == "none":
            return self.live_bytes
        if workspace == "columns":
            return self.live_bytes + self.column_bytes
        output = self.output_bytes if workspace == "inout" else 0
        return self.live_bytes + self.input_bytes + output


class Storage:
    """Bytes on the device, live for as long as anything refers to them."""

    __slots__ = ("bytes", "tape")

    def __init__(self, tape: "Tape", size: int) -> None:
        """Allocate."""
        self.tape, self.bytes = tape, size
        tape.live_bytes = tape.live_bytes + size

    def __del__(self) -> None:
        """Free."""
        self.tape.live_bytes = self.tape.live_bytes - self.bytes


class Tape:
    """Records the kernels of a program, and the live bytes while each runs.

    Python frees a storage with the last reference to it, as PyTorch does. So a program that names its
    arrays as the real code names its tensors has the real code's live bytes. CPython counts references;
    since 3.11 a function's caller does not keep the arguments alive.
    """

    def __init__(self) -> None:
        """Start with nothing live."""
        self.path = ""
        self.live_bytes = 0
        self.input_bytes = 0
        self.stored_bytes: dict[str, int] = {}
        self.kernels: list[Kernel] = []
        self.moments: list[Moment] = []
        self._times = 1

    @contextmanager
    def repeated(self, times: int) -> Iterator[None]:
        """Record what follows as run `times` times. It must leave live what it found live."""
        before = self._times
        self._times = before * times
        try:
            yield
        finally:
            self._times = before

    def record(
        self,
        operator: str,
        reads: Sequence[tuple[DType, int]],
        writes: Sequence[tuple[DType, int]],
        *,
        flops: int = 0,
        grid: Grid | None = None,
        workspace: Sequence[int] = (),
    ) -> None:
        """Record an operator whose outputs are allocated: the types and bytes that it reads and writes.

        `workspace` is what a convolution may take: the bytes of input, output and columns.
        """
        times = self._times
        self.kernels.append(
            Kernel(
                self.path,
                operator,
                tuple([dtype for dtype, _ in reads]),
                tuple([dtype for dtype, _ in writes]),
                times,
                flops * times,
                sum([size for _, size in reads]) * times,
                sum([size for _, size in writes]) * times,
                grid,
            )
        )
        self.moments.append(Moment(self.path, operator, self.live_bytes, *workspace))

    def record_copies(self, operator: str, dtype: DType, calls: int, size: int) -> None:
        """Record calls that join two arrays, of several sizes: the bytes that all of them read, and write.

        They have no moment of their own.
        """
        types, size = (dtype,), size * self._times
        self.kernels.append(
            Kernel(self.path, operator, 2 * types, types, calls * self._times, 0, size, size)
        )
