"""A cell of the official tables as a row: its published number beside a prediction."""

from collections.abc import Sequence

from wanmeter.published.row import Prediction, Row
from wanmeter.published.tables import Cell


def row_of(
    cell: Cell, quantity: str, overrides: Sequence[str], prediction: Prediction | None
) -> Row:
    """A row of one quantity of a cell; without a prediction it is not covered."""
    return Row(
        id=f"{cell.id}-{quantity}",
        model=cell.model,
        task=cell.task,
        gpu=cell.gpu,
        n_gpus=cell.n_gpus,
        width=cell.width,
        height=cell.height,
        num_frames=cell.num_frames,
        overrides=tuple(overrides),
        source=cell.source,
        published=getattr(cell, quantity),
        predicted=None if prediction is None else prediction.predicted,
        low=None if prediction is None else prediction.low,
        high=None if prediction is None else prediction.high,
        phase=None if prediction is None else prediction.phase,
    )
