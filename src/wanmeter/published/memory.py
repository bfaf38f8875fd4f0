"""The memory of the official tables, predicted and published."""

from collections.abc import Callable, Sequence

from wanmeter.estimation import estimate
from wanmeter.published.cells import row_of
from wanmeter.published.overrides import MEMORY_ASSUMPTIONS, overrides, with_nothing_known
from wanmeter.published.row import Predict, Prediction
from wanmeter.published.tables import official_cells
from wanmeter.published.validation import Validation
from wanmeter.units import GIB


def predicted_memory(overrides: Sequence[str]) -> Prediction:
    """The memory of a run: as its overrides say, and with nothing known of the convolutions' workspace."""
    known, band = estimate(overrides=overrides), estimate(overrides=with_nothing_known(overrides))
    return Prediction(
        predicted=known.peak_bytes.high / GIB,
        low=band.peak_bytes.low / GIB,
        high=band.peak_bytes.high / GIB,
        phase=max(known.phases, key=lambda phase: phase.peak_bytes.high).name,
    )


def validate_memory(
    predict: Predict = predicted_memory,
    *,
    starting: Callable[[str, Sequence[str]], object] = lambda cell, every: None,
) -> Validation:
    """Predict the memory of every cell of the official tables, in GiB, beside what was published.

    `starting` is called before each cell, with its id and all ids.
    """
    rows = []
    ids = [cell.id for cell in official_cells()]
    for cell in official_cells():
        starting(cell.id, ids)
        texts = overrides(cell)
        rows.append(row_of(cell, "gib", texts, predict(texts)))
    return Validation(quantity="gib", assumptions=MEMORY_ASSUMPTIONS, rows=rows)
