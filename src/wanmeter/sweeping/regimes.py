"""The regimes of a block's rows: each has its own closed form."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from attrs import evolve, frozen

from wanmeter.models import Run, Workload
from wanmeter.models.components.vae import EQUAL_CHUNKS_FROM
from wanmeter.sweeping.axes import Array, Columns, crossings
from wanmeter.symbolic.regimes import SYMBOLS, Experts, Regime, values

EXPERTS: tuple[Experts | None, ...] = (None, "first", "second", "both")
"""By whether the first takes any steps, and twice whether the second does."""

FRAMES = EQUAL_CHUNKS_FROM + 1
"""Numbers of latent frames that a regime tells apart."""


SymbolRanges = tuple[tuple[int, int | None], ...]
"""The least and the largest value of each symbol, in the order of `SYMBOLS`; `None` if no largest is known."""

ANY: SymbolRanges = ((0, None),) * len(SYMBOLS)
"""Ranges that tell nothing."""


@frozen(kw_only=True)
class Part:
    """Rows of a block that have one regime and, where it matters, one batch size.

    They are the crossings of `across` and `along`, indices on the block's two axes. `symbols` are the values of the
    closed form's symbols there.
    """

    regime: Regime
    batch_size: int
    across: Any
    along: Any
    symbols: tuple[Array, ...]

    @property
    def asked(self) -> tuple[Regime, int, tuple[Array, ...]]:
        """What is evaluated there: the arguments of `Evaluated.columns`."""
        return self.regime, self.batch_size, self.symbols


def ranges(run: Run, valid: Columns) -> SymbolRanges:
    """The ranges of the symbols where each field of the workload has these values, or some of them."""
    symbols, _ = _symbols(run, valid)
    return tuple([(int(each.min()), int(each.max())) for each in symbols])


def parts(run: Run, columns: Columns, *, by_batch: bool) -> Iterator[Part]:
    """The parts of a block with these columns."""
    symbols, high = _symbols(run, columns)
    experts = (
        np.zeros((1, 1), dtype=np.int64)
        if high is None
        else (high > 0) + 2 * (high < columns["num_inference_steps"])
    )
    sizes = columns["batch_size"] if by_batch else columns["batch_size"][:1, :1]
    batches, batch = np.unique(sizes, return_inverse=True)
    digits = (
        (np.minimum(symbols[1], EQUAL_CHUNKS_FROM), FRAMES),
        (columns["guidance"] + 0, 2),
        ((columns["num_reference_images"] > 0) + 0, 2),
        (experts, len(EXPERTS)),
        (batch.reshape(sizes.shape), len(batches)),
    )
    # A digit varies along one axis or the other; one key tells all digits of an axis.
    keys: list[Any] = [np.zeros(1, dtype=np.int64)] * 2
    place = 1
    for digit, base in digits:
        axis = digit.shape[0] == 1
        keys[axis] = keys[axis] + place * digit.reshape(-1)
        place *= base
    for above, across in _alike(keys[0]):
        for beside, along in _alike(keys[1]):
            frames, guidance, references, expert, number = _digits(
                above + beside, [base for _, base in digits]
            )
            yield Part(
                regime=Regime(
                    guidance=bool(guidance),
                    latent_frames=None if frames == EQUAL_CHUNKS_FROM else frames,
                    references=bool(references),
                    experts=EXPERTS[expert],
                    image=run.workload.image,
                ),
                batch_size=int(batches[number]),
                across=across,
                along=along,
                symbols=tuple([crossings(each, across, along) for each in symbols]),
            )


def _symbols(run: Run, columns: Columns) -> tuple[tuple[Array, ...], Array | None]:
    """The values of the symbols, and the steps of the first expert if there are two."""
    high = _high_noise_steps(run, columns["num_inference_steps"])
    first = np.zeros((1, 1), dtype=np.int64) if high is None else high
    workload = SimpleNamespace(**columns, high_noise_steps=first)
    return cast(tuple[Array, ...], values(cast(Workload, workload), run.geometry)), high


def _high_noise_steps(run: Run, steps: Array) -> Array | None:
    """The steps of the first expert in each row; `None` if the model has one transformer."""
    if run.scheduled(run.workload).high_noise_steps is None:
        return None
    distinct, rows = np.unique(steps, return_inverse=True)
    workloads = (evolve(run.workload, num_inference_steps=n) for n in distinct.tolist())
    high = [run.scheduled(workload).high_noise_steps for workload in workloads]
    return np.asarray(high)[rows.reshape(steps.shape)]


def _digits(key: int, bases: list[int]) -> Iterator[int]:
    for base in bases:
        key, digit = divmod(key, base)
        yield digit


def _alike(keys: Array) -> Iterator[tuple[int, Any]]:
    """Each distinct key, and where it is: all, or an array of indices."""
    if (keys == keys[0]).all():
        yield int(keys[0]), slice(None)
    else:
        for key in np.unique(keys).tolist():
            yield key, np.flatnonzero(keys == key)
