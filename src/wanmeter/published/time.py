"""The times of the official tables and of other published runs, predicted and published."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from attrs import evolve

from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.estimation import Estimate, estimate
from wanmeter.execution.plan import PHASES
from wanmeter.hardware import Device, device
from wanmeter.published.cells import row_of
from wanmeter.published.other_runs import implausible_runs, other_runs
from wanmeter.published.overrides import DEVICES, TIME_ASSUMPTIONS, overrides
from wanmeter.published.row import Prediction, Row
from wanmeter.published.tables import Cell, official_cells
from wanmeter.published.validation import Validation

CALIBRATED_SIGMA = 0.02
"""One sigma of an attention rate that a run of the same device was solved for."""

ATTENTION = "attention."

LISTED_BY = "`wanmeter validate time --format json`"


def validate_time(
    calibrate_on: Collection[str] = (),
    *,
    starting: Callable[[str, Sequence[str]], object] = lambda run, every: None,
) -> Validation:
    """Predict the seconds of every cell of the official tables, and of other published runs.

    Args:
        calibrate_on: ids of cells, one for each GPU at most. A factor on all attention rates of the cell's
            GPU makes its prediction what was published.
        starting: is called before each run, with its id and all ids.

    Raises:
        UnknownNameError: there is no such cell.
        InvalidValueError: two cells of one GPU, or a cell that implies a rate above the device's peak.
    """
    cells = {cell.id: cell for cell in official_cells()}
    devices: dict[str, Device] = {}
    for name in calibrate_on:
        if name not in cells:
            raise UnknownNameError("cell", name, _nearest(str(name), cells), LISTED_BY)
        used = DEVICES[cells[name].gpu]
        if used in devices:
            raise InvalidValueError("calibrate_on", name, f"one cell of {used}")
        devices[used] = _calibrated(cells[name])
    predicted = [cell for cell in cells.values() if cell.id not in calibrate_on]
    ids = [*[cell.id for cell in predicted], *[run.id for run in other_runs()]]
    rows, others = [], []
    for cell in predicted:
        starting(cell.id, ids)
        rows.append(_row(cell, devices))
    for run in other_runs():
        starting(run.id, ids)
        others.append(_with_prediction(run, devices))
    told = [f"calibrated on {name}: {_factor(devices, cells[name]):.3f}" for name in calibrate_on]
    return Validation(
        quantity="seconds",
        assumptions=(*told, *TIME_ASSUMPTIONS),
        rows=rows,
        others=others,
        implausible=implausible_runs(),
    )


def _nearest(name: str, cells: Iterable[str]) -> tuple[str, ...]:
    """A few ids of cells: those with the name in them, or else like it."""
    having = [each for each in cells if name.lower() in each]
    return tuple(get_close_matches(name, having or cells, n=3, cutoff=0))


def _row(cell: Cell, devices: Mapping[str, Device]) -> Row:
    texts = overrides(cell)
    return row_of(cell, "seconds", texts, _predicted(texts, devices))


def _with_prediction(row: Row, devices: Mapping[str, Device]) -> Row:
    made = _predicted(row.overrides, devices)
    return evolve(row, predicted=made.predicted, low=made.low, high=made.high, phase=made.phase)


def _predicted(texts: Sequence[str], devices: Mapping[str, Device]) -> Prediction:
    """The seconds of a run, on a calibrated device in the place of a packaged one."""
    made = _estimate(texts, devices)
    seconds = made.seconds
    if seconds is None:
        raise InvalidValueError("overrides", list(texts), "a run on a device that has its rates")
    by_stage: dict[str, float] = defaultdict(float)
    for term in made.terms or ():
        by_stage[term.stage] += term.seconds
    return Prediction(
        predicted=seconds.value,
        low=seconds.low,
        high=seconds.high,
        phase=PHASES[max(by_stage, key=lambda stage: by_stage[stage])],
    )


def _estimate(texts: Sequence[str], devices: Mapping[str, Device]) -> Estimate:
    (name,) = [text.partition("=")[2] for text in texts if text.startswith("device=")]
    rest = [text for text in texts if not text.startswith("device=")]
    return estimate(device=devices.get(name, device(name)), overrides=rest)


def _calibrated(cell: Cell) -> Device:
    """The cell's device with attention rates that make its prediction what was published."""
    packaged, made = device(DEVICES[cell.gpu]), _estimate(overrides(cell), {})
    attention = sum([term.seconds for term in made.terms or () if term.term.startswith(ATTENTION)])
    rest = (made.seconds.value if made.seconds else 0.0) - attention
    if cell.seconds <= rest:
        raise InvalidValueError("calibrate_on", cell.id, "a cell that attention takes part of")
    factor = attention / (cell.seconds - rest)
    rates = {
        name: evolve(
            rate,
            value=rate.value * factor,
            relative_sigma=CALIBRATED_SIGMA,
            source=f"FITTED: {factor:.4f} times the packaged rate, which gives {cell.id}",
        )
        if name.startswith(ATTENTION)
        else rate
        for name, rate in packaged.rates.items()
    }
    return evolve(packaged, rates=rates)


def _factor(devices: Mapping[str, Device], cell: Cell) -> float:
    """The factor on the attention rates of a cell's GPU."""
    packaged = device(DEVICES[cell.gpu])
    name = next(each for each in packaged.rates if each.startswith(ATTENTION))
    return devices[packaged.name].rates[name].value / packaged.rates[name].value
