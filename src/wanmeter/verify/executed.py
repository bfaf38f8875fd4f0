"""What a profile runs, row by row, in the shape of a trace of the real code."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from attrs import frozen

from wanmeter.execution.execution import Execution


class Operation(NamedTuple):
    """An operator in a row, by PyTorch's names. The order of what it reads does not matter."""

    row: str
    operator: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


class Moved(NamedTuple):
    """The calls of an operator, and the bytes that they read and write."""

    calls: int
    bytes_read: int
    bytes_written: int


@frozen(kw_only=True)
class Executed:
    """Executions in the rows that a trace has, each kernel in the nearest row around it.

    `peaks` has the most bytes that are live while each row runs operators of its own; `moment` is the row
    and the operator at which the most bytes are first live. Inputs are not counted.
    """

    traffic: dict[Operation, Moved]
    peaks: dict[str, int]
    peak_bytes: int
    moment: tuple[str, str]

    @classmethod
    def of(cls, executions: Iterable[tuple[Execution, int]], rows: Collection[str]) -> "Executed":
        """Executions with their numbers of calls."""
        traffic: dict[Operation, Moved] = {}
        peaks: dict[str, int] = {}
        highest, at = -1, ("", "")
        for execution, times in executions:
            for kernel in execution.kernels:
                reads, writes = (
                    tuple([dtype.name for dtype in each]) for each in (kernel.reads, kernel.writes)
                )
                operation = Operation(
                    row_of(kernel.path, rows), kernel.operator, tuple(sorted(reads)), writes
                )
                before = traffic.get(operation, Moved(0, 0, 0))
                traffic[operation] = Moved(
                    before.calls + times * kernel.calls,
                    before.bytes_read + times * kernel.bytes_read,
                    before.bytes_written + times * kernel.bytes_written,
                )
            for moment in execution.moments:
                row = row_of(moment.path, rows)
                peaks[row] = max(peaks.get(row, 0), moment.live_bytes)
                if moment.live_bytes > highest:
                    highest, at = moment.live_bytes, (row, moment.operator)
        return cls(traffic=traffic, peaks=peaks, peak_bytes=highest, moment=at)


def row_of(path: str, rows: Collection[str]) -> str:
    """The nearest of `rows` around a path."""
    return next(each for each in _around(path) if each in rows)


def _around(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
