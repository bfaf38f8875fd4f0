"""`Sweep`: rows evaluated block by block."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from wanmeter.errors import InvalidValueError
from wanmeter.models import Run
from wanmeter.models.workload import VARIED
from wanmeter.records import written
from wanmeter.sweeping.axes import MAX_BLOCK_ROWS, Array, Axes, Block, Values
from wanmeter.sweeping.columns import Evaluated, recent
from wanmeter.sweeping.costs import CostColumns
from wanmeter.sweeping.grids import Grid, Pieces, put
from wanmeter.sweeping.regimes import ANY, SymbolRanges, parts, ranges
from wanmeter.sweeping.rows import INT_BYTES, Column, Rows, Skipped
from wanmeter.sweeping.rules import Rules
from wanmeter.sweeping.wide import fitted, is_wide
from wanmeter.validators import require_bool
from wanmeter.version import __version__

MAX_LISTED = 1000
"""Most skipped rows kept with their reasons; the rest are only counted."""


class Sweep:
    """A sweep of costs, or of what `evaluated` evaluates, in blocks to bound memory."""

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
        self._rules = self.rules.of_axes(self.axes)
        self.skip_invalid = skip_invalid
        self.run = run
        self.evaluated = evaluated or recent(CostColumns, run=run, by_stage=by_stage)

    def __len__(self) -> int:
        """The number of rows, including skipped ones."""
        return self.axes.count

    def __iter__(self) -> Iterator[Rows]:
        """Yield the rows of each block in order."""
        for block in self.axes.blocks():
            kept = self._kept(block, MAX_LISTED)
            columns = {name: _flat(each, kept.block) for name, each in self._columns(kept.block)}
            yield Rows(
                columns=columns,
                numbers=kept.numbers,
                num_skipped=kept.num_skipped,
                skipped=kept.skipped,
                about=self._about,
            )

    def joined(self) -> Rows:
        """All rows at once; `table_bytes` is about the memory that they take."""
        columns = {name: Column(len(self), dtype) for name, dtype in self._types().items()}
        numbers: list[Array] = []
        num_skipped = 0
        skipped: list[Skipped] = []
        for block in self.axes.blocks():
            kept = self._kept(block, MAX_LISTED - len(skipped))
            num_skipped += kept.num_skipped
            skipped += kept.skipped
            if self.skip_invalid:
                numbers.append(kept.numbers)
            if len(kept.block):
                for name, column in self._columns(kept.block):
                    columns[name].extend(column, kept.block.shape)
        return Rows(
            columns={name: column.done() for name, column in columns.items()},
            numbers=np.concatenate(numbers) if numbers else np.arange(len(self)),
            num_skipped=num_skipped,
            skipped=tuple(skipped),
            about=self._about,
        )

    @property
    def wide(self) -> tuple[str, ...]:
        """Columns whose counts may not fit in 64 bits: those of the largest values of all axes do not."""
        return tuple([name for name, column in self._corner.items() if is_wide(column.dtype)])

    @property
    def most_bytes(self) -> int:
        """The memory of all rows if no number fits in 64 bits: never less than `table_bytes`, and known at once."""
        return len(self) * INT_BYTES * (1 + len(self._types()))

    @property
    def table_bytes(self) -> int:
        """About the memory that all rows take with their numbers; values that do not vary count too."""
        row = [
            INT_BYTES if each.dtype.hasobject else each.itemsize for each in self._corner.values()
        ]
        return len(self) * (sum(row) + np.dtype(np.int64).itemsize)

    @cached_property
    def _ranges(self) -> SymbolRanges:
        """The ranges of the symbols in all valid rows, of which there are some; few rows are faster without."""
        return ranges(self.run, self._rules.kept) if len(self) > MAX_BLOCK_ROWS else ANY

    @cached_property
    def _corner(self) -> dict[str, Array]:
        """A row of the largest values; nothing if no row is valid."""
        if self._rules.largest is None:
            return {}
        columns = {name: np.array([[value]]) for name, value in self._rules.largest.items()}
        block = Block(start=0, shape=(1, 1), columns=columns)
        return {name: _flat(column, block) for name, column in self._columns(block)}

    @cached_property
    def _about(self) -> Mapping[str, str]:
        """What the rows are of, as texts that files have in their metadata."""
        run = self.run
        told: dict[str, object] = {
            "version": __version__,
            "model": written(run.model),
            "workload": written(run.workload),
            "stages": None if run.stages is None else list(run.stages),
            **self.evaluated.about,
        }
        return {
            name: each if isinstance(each, str) else json.dumps(each) for name, each in told.items()
        }

    def _types(self) -> dict[str, type]:
        """The types of the columns' values; counts may turn out wider."""
        workload = {name: bool if name == "guidance" else int for name in VARIED}
        return {**workload, **self.evaluated.types}

    def _kept(self, block: Block, most_listed: int) -> "_Kept":
        """The rows of a block that the model can run, and the reasons of `most_listed` that it cannot.

        Raises:
            InvalidValueError: the model cannot run a row, and they are not to be skipped.
        """
        if self._rules.all_valid:
            return _Kept(block)
        valid = np.broadcast_to(self.rules.valid(block.columns), block.shape)
        bad = np.flatnonzero(~valid)
        if not len(bad):
            return _Kept(block)
        if not self.skip_invalid:
            problem = self.rules.why_not(block.row(int(bad[0])))
            where = f"row {block.start + int(bad[0]) + 1:,}: {problem.where}"
            raise InvalidValueError(where, problem.given, problem.allowed, problem.nearest)
        skipped = [
            Skipped(block.start + row, str(self.rules.why_not(block.row(row))))
            for row in bad[:most_listed].tolist()
        ]
        return _Kept(block.only(valid), valid, len(bad), tuple(skipped))

    def _columns(self, block: Block) -> Iterator[tuple[str, Array | Grid]]:
        """The workload's columns and all results, one by one; they broadcast to the block's shape."""
        yield from block.columns.items()
        types = self.evaluated.types
        if not len(block):
            yield from ((name, np.empty((1, 0), dtype=each)) for name, each in types.items())
            return
        of_block = list(parts(self.run, block.columns, by_batch=self.evaluated.by_batch))
        results = [self.evaluated.columns(*part.asked, self._ranges) for part in of_block]
        rows = np.arange(block.shape[0])
        for name, *each in zip(types, *results, strict=True):
            if _is_one(each):
                yield name, each[0]
            else:
                pieces = [
                    (rows[part.across], part.along, values)
                    for part, values in zip(of_block, each, strict=True)
                ]
                yield name, Pieces(block.shape, tuple(pieces))


class _Kept(NamedTuple):
    """The valid rows of a block, those of all that they are if not all, and what is left out."""

    block: Block
    valid: Array | None = None
    num_skipped: int = 0
    skipped: tuple[Skipped, ...] = ()

    @property
    def numbers(self) -> Array:
        """The numbers of the valid rows in the sweep."""
        first = self.block.start
        if self.valid is None:
            return np.arange(first, first + len(self.block))
        return first + np.flatnonzero(self.valid)


def _is_one(columns: Sequence[Array | Grid]) -> bool:
    """Whether there is one column, or one value in all of them."""
    first, *others = columns
    return not others or all(
        [
            isinstance(each, np.ndarray)
            and each.size == 1
            and each.dtype == first.dtype
            and each == first
            for each in columns
        ]
    )


def _flat(column: Array | Grid, block: Block) -> Array:
    """A column of a block, row by row; one that does not vary stays one value in memory."""
    if not isinstance(column, np.ndarray):
        place = np.empty(block.shape, dtype=column.dtype)
        put(column, place)
        return fitted(place).reshape(-1)
    if column.size == 1:
        return np.broadcast_to(column.reshape(1), len(block))
    return np.broadcast_to(column, block.shape).reshape(-1)
