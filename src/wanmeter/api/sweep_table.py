"""Sweeps: closed forms evaluated on numpy arrays, chunk by chunk. Needs the extra `sweep`."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import cast

import numpy as np
from attrs import evolve, field, frozen

from wanmeter.api.sweep_axes import Array, Axes, Columns, Rules, Values
from wanmeter.api.sweep_columns import CostColumns, Evaluated, whole_column
from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.layers.interning import Interned
from wanmeter.models import Geometry, Run, Workload
from wanmeter.models.components.vae import EQUAL_CHUNKS_FROM
from wanmeter.models.workload import VARIED
from wanmeter.symbolic.regimes import Experts, Regime, values
from wanmeter.validators import require_bool

CHUNK = 2**15
"""Rows per chunk; their columns fit in the processor's cache."""

EXPERTS: tuple[Experts | None, ...] = (None, "first", "second", "both")
"""By whether the first takes any steps, and twice whether the second does."""

KEYS = 16 * (EQUAL_CHUNKS_FROM + 1)
"""Numbers of regimes."""

INT_BYTES = 48
"""Bytes of an int beyond 64 bits in a column: 8 of its place, 40 of the object."""

MAX_LISTED = 1000
"""Most skipped rows kept with their reasons; the rest are only counted."""


@frozen
class Skipped:
    """A row that the model cannot run: its number, from 0, and the reason."""

    row: int
    problem: str


@frozen(kw_only=True)
class Rows:
    """Rows of a sweep: `columns` by name, the workload's first.

    Counts are 64-bit integers, or Python ints in columns with larger ones. `numbers` are the rows' numbers
    in the sweep, from 0. `skipped` lists at most 1,000 skipped rows; `num_skipped` counts them all.
    """

    columns: dict[str, Array]
    numbers: Array
    num_skipped: int = 0
    skipped: tuple[Skipped, ...] = field(default=(), repr=False)

    @property
    def wide(self) -> tuple[str, ...]:
        """Names of the columns that hold Python ints."""
        return tuple(name for name, column in self.columns.items() if column.dtype == object)

    def __len__(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> Array:
        """A column by name; `UnknownNameError` if there is none."""
        if column not in self.columns:
            raise UnknownNameError("column", column, tuple(self.columns))
        return self.columns[column]


_cost_columns = Interned(8)
"""Closed forms of recent runs: a sweep of the same run does not derive them again."""


class Sweep:
    """A sweep of costs, or of what `evaluated` evaluates, in chunks to bound memory."""

    def __init__(
        self,
        run: Run,
        axes: Mapping[str, Values],
        *,
        evaluated: Evaluated | None = None,
        by_stage: bool = True,
        zipped: bool = False,
        skip_invalid: bool = False,
    ) -> None:
        """Arguments are those of `sweep`; the run's workload sets the fields that no axis varies."""
        flags = {"by_stage": by_stage, "zipped": zipped, "skip_invalid": skip_invalid}
        for name, flag in flags.items():
            require_bool(name, flag)
        self.axes = Axes.of(run.workload, axes, zipped=zipped)
        self.rules = Rules(run)
        self.skip_invalid = skip_invalid
        self.run = run
        self.evaluated = evaluated or _cost_columns(CostColumns, run=run, by_stage=by_stage)
        self._all_valid = self.rules.all_valid(self.axes)

    def __len__(self) -> int:
        """The number of rows, including skipped ones."""
        return self.axes.count

    def __iter__(self) -> Iterator[Rows]:
        """Yield the chunks in order."""
        for start in range(0, len(self), CHUNK):
            yield self.chunk(start)

    def chunk(self, start: int) -> Rows:
        """The chunk that starts at a row."""
        return self._chunk(start, self.axes.rows(start, min(start + CHUNK, len(self))))

    @property
    def most_bytes(self) -> int:
        """The memory of all columns if none of their numbers fits in 64 bits: never less than `bytes`."""
        return len(self) * INT_BYTES * (len(VARIED) + len(self.evaluated.names))

    @property
    def bytes(self) -> int:
        """About the memory that all columns take, from the first and the last chunk."""
        chunks = [self.chunk(start) for start in {0, max(len(self) - 1, 0) // CHUNK * CHUNK}]
        return len(self) * max([_row_bytes(chunk) for chunk in chunks])

    def _chunk(self, start: int, columns: Columns) -> Rows:
        if self._all_valid:
            return Rows(
                columns={**columns, **self._results(columns)},
                numbers=np.arange(start, start + len(columns["num_frames"])),
            )
        valid = self.rules.valid(columns)
        (bad,) = np.nonzero(~valid)
        if len(bad) and not self.skip_invalid:
            problem = self.rules.why_not(columns, int(bad[0]))
            where = f"row {start + int(bad[0]) + 1:,}: {problem.where}"
            raise InvalidValueError(where, problem.given, problem.allowed, problem.nearest)
        skipped = tuple(
            Skipped(start + row, str(self.rules.why_not(columns, row)))
            for row in bad[:MAX_LISTED].tolist()
        )
        (numbers,) = np.nonzero(valid)
        kept = columns if not len(bad) else {name: c[valid] for name, c in columns.items()}
        return Rows(
            columns={**kept, **self._results(kept)},
            numbers=start + numbers,
            num_skipped=len(bad),
            skipped=skipped,
        )

    def _results(self, columns: Columns) -> dict[str, Array]:
        """Every result of every row, regime by regime."""
        high = self._high_noise_steps(columns["num_inference_steps"])
        first = np.zeros_like(columns["num_inference_steps"]) if high is None else high
        symbols = _symbols({**columns, "high_noise_steps": first}, self.run.geometry)
        latent_frames = np.minimum(symbols[1], EQUAL_CHUNKS_FROM)
        experts = 0 if high is None else (high > 0) + 2 * (high < columns["num_inference_steps"])
        references = columns["num_reference_images"] > 0
        keys = 16 * latent_frames + 4 * experts + 2 * columns["guidance"] + references
        batches = columns["batch_size"][:1]
        if self.evaluated.by_batch:
            batches, each_batch = np.unique(columns["batch_size"], return_inverse=True)
            keys = keys + each_batch.reshape(-1) * KEYS
        distinct = keys[:1] if (keys == keys[:1]).all() else np.unique(keys)
        parts = []
        for whole in distinct.tolist():
            batch, key = divmod(whole, KEYS)
            frames = key // 16
            regime = Regime(
                guidance=bool(key // 2 % 2),
                latent_frames=None if frames == EQUAL_CHUNKS_FROM else frames,
                references=bool(key % 2),
                experts=EXPERTS[key // 4 % 4],
                image=self.run.workload.image,
            )
            (rows,) = np.nonzero(keys == whole) if len(distinct) > 1 else (slice(None),)
            some = tuple(each[rows] for each in symbols)
            found = self.evaluated.columns(regime, int(batches[batch]), some)
            parts.append((rows, found))
        names = self.evaluated.names
        return {name: whole_column(len(keys), parts, i) for i, name in enumerate(names)}

    def _high_noise_steps(self, steps: Array) -> Array | None:
        """The steps of the first expert in each row; `None` if the model has one transformer."""
        if self.run.scheduled(self.run.workload).high_noise_steps is None:
            return None
        distinct, rows = np.unique(steps, return_inverse=True)
        workloads = (evolve(self.run.workload, num_inference_steps=n) for n in distinct.tolist())
        high = [self.run.scheduled(workload).high_noise_steps for workload in workloads]
        return np.asarray(high)[rows.reshape(-1)]


def _row_bytes(rows: Rows) -> int:
    """The bytes of a row: 64 bits a number, or a Python int and its place."""
    return sum(
        [
            INT_BYTES if column.dtype == object else column.dtype.itemsize
            for column in rows.columns.values()
        ]
    )


def joined(table: Sweep) -> Rows:
    """Evaluate all chunks and put them together; each column is allocated once."""
    columns: dict[str, Array] = {}
    numbers = np.empty(len(table), dtype=np.int64)
    filled, num_skipped = 0, 0
    skipped: list[Skipped] = []
    for rows in table:
        end = filled + len(rows)
        for name, column in rows.columns.items():
            whole = columns.get(name)
            if whole is None:
                whole = np.empty(len(table), dtype=column.dtype)
            elif column.dtype == object != whole.dtype:
                whole = whole.astype(object)
            whole[filled:end] = column
            columns[name] = whole
        numbers[filled:end] = rows.numbers
        filled, num_skipped = end, num_skipped + rows.num_skipped
        skipped += rows.skipped[: MAX_LISTED - len(skipped)]
    return Rows(
        columns={name: column[:filled] for name, column in columns.items()},
        numbers=numbers[:filled],
        num_skipped=num_skipped,
        skipped=tuple(skipped),
    )


def _symbols(columns: Columns, geometry: Geometry) -> tuple[Array, ...]:
    """Columns of the closed forms' symbols, in their order."""
    return cast(tuple[Array, ...], values(cast(Workload, SimpleNamespace(**columns)), geometry))
