"""The records of a trace: operators, their traffic, and live tensors."""

from collections.abc import Mapping

from attrs import frozen


@frozen
class TracedOperator:
    """A dispatched operator, with the types of the tensors that it reads and writes.

    `row` is the row of the report that its module stands for.
    """

    row: str
    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    @property
    def types(self) -> str:
        """The types as text: `bfloat16, float32 -> float32`."""
        given, made = (", ".join(dict.fromkeys(dtypes)) for dtypes in (self.reads, self.writes))
        return f"{given} -> {made}" if given else f"-> {made}"


@frozen(kw_only=True)
class Traffic:
    """The bytes that an operator moved in all its `calls`.

    `wide_bytes` are those due to elements wider than the model's; negative if they are narrower.
    """

    calls: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    wide_bytes: int = 0

    @property
    def io_bytes(self) -> int:
        """Bytes read and written."""
        return self.bytes_read + self.bytes_written

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            calls=self.calls + other.calls,
            bytes_read=self.bytes_read + other.bytes_read,
            bytes_written=self.bytes_written + other.bytes_written,
            wide_bytes=self.wide_bytes + other.wide_bytes,
        )

    def times(self, n: int) -> "Traffic":
        """The same, `n` times."""
        return Traffic(
            calls=n * self.calls,
            bytes_read=n * self.bytes_read,
            bytes_written=n * self.bytes_written,
            wide_bytes=n * self.wide_bytes,
        )


@frozen(kw_only=True)
class LiveTensor:
    """A live storage: its row, the operator that made it, its type and shape.

    `wide_bytes` as in `Traffic`.
    """

    row: str
    operator: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    wide_bytes: int


@frozen
class TracedMoment:
    """When an operator ran: its row, and its name."""

    row: str
    operator: str


@frozen(kw_only=True)
class Trace:
    """Forward passes: the traffic of their operators, and the tensors alive at the peak, inputs included.

    `rows` are the report's rows whose modules were entered; other rows count for the enclosing module.
    `peaks` has the most bytes alive during each row's own operators, inputs included, and `moment` is the
    operator during which `peak_bytes` was first reached. The `input_bytes` are alive throughout.
    """

    traffic: Mapping[TracedOperator, Traffic]
    peak_bytes: int
    live_at_peak: tuple[LiveTensor, ...]
    input_bytes: int
    peaks: Mapping[str, int]
    moment: TracedMoment
    rows: frozenset[str]
