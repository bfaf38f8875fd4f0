"""The memory of the official tables, predicted and published."""

from collections.abc import Sequence

from wanmeter.estimation import estimate
from wanmeter.published.overrides import ASSUMPTIONS, overrides, with_nothing_known
from wanmeter.published.row import Predict, Prediction, Row
from wanmeter.published.tables import Cell, official_cells
from wanmeter.published.validation import Validation
from wanmeter.units import GIB


def predicted_memory(overrides: Sequence[str]) -> Prediction:
    """The memory of a run: as its overrides say, and with nothing known of the convolutions' workspace."""
    known, band = estimate(overrides=overrides), estimate(overrides=with_nothing_known(overrides))
    return Prediction(
        predicted_gib=known.peak_bytes.high / GIB,
        low_gib=band.peak_bytes.low / GIB,
        high_gib=band.peak_bytes.high / GIB,
        phase=max(known.phases, key=lambda phase: phase.peak_bytes.high).name,
    )


def validate_memory(predict: Predict = predicted_memory) -> Validation:
    """Predict the memory of every cell of the official tables, in GiB, beside what was published."""
    rows = tuple(_row(cell, predict) for cell in official_cells())
    return Validation(quantity="gib", assumptions=ASSUMPTIONS, rows=rows)


def _row(cell: Cell, predict: Predict) -> Row:
    texts = overrides(cell)
    made = predict(texts)
    return Row(
        id=f"{cell.id}-gib",
        model=cell.model,
        task=cell.task,
        gpu=cell.gpu,
        n_gpus=cell.n_gpus,
        width=cell.width,
        height=cell.height,
        num_frames=cell.num_frames,
        overrides=texts,
        source=cell.source,
        published=cell.gib,
        predicted=None if made is None else made.predicted_gib,
        low=None if made is None else made.low_gib,
        high=None if made is None else made.high_gib,
        phase=None if made is None else made.phase,
    )
