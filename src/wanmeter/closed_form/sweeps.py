"""`sweep`: the cost of millions of workloads, in one call. Needs the extra `sweep`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wanmeter.backends import LayerBackend
from wanmeter.errors import MissingExtraError
from wanmeter.metering import configure
from wanmeter.model_dir import LoadedModel
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.workload import Workload

if TYPE_CHECKING:
    from wanmeter.closed_form.axes import Values
    from wanmeter.closed_form.sweep import Rows


def sweep(
    model: str | ModelSpec | LoadedModel,
    workload: str | Workload = "wan2-1-480p",
    layer_impl: str | LayerBackend = "shared",
    *,
    transformer: str | TransformerOptions = "wan2_1_dit",
    stages: Sequence[str] | None = None,
    by_stage: bool = True,
    zipped: bool = False,
    skip_invalid: bool = False,
    **axes: "Values",
) -> "Rows":
    """The cost of many workloads: a row each, with every field in total and of each stage.

    Args:
        model: as in `wanmeter.meter`.
        workload: gives what no axis varies.
        layer_impl: as in `wanmeter.meter`.
        transformer: as in `wanmeter.meter`.
        stages: as in `wanmeter.meter`.
        by_stage: whether the stages have columns too: `transformer/flops`. Those of the run are `flops`, ...
        zipped: the axes are columns of rows; otherwise every combination of their values is a row.
        skip_invalid: leave out rows that the model cannot run, and list them, instead of refusing them.
        **axes: the values of workload fields, by name: `num_frames=[81, 121]`; `size` has pairs of width
            and height.

    Raises:
        UnknownNameError: a name or an axis that does not exist.
        InvalidValueError: a value that is not allowed; for a row that the model cannot run, its number.
        ClosedFormError: the backend's layers have no closed form.
        MissingExtraError: numpy is not installed.
    """
    try:
        from wanmeter.closed_form.sweep import Sweep, joined
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("sweeping", error, "sweep") from error

    run = configure(model, workload, layer_impl, transformer=transformer, stages=stages)
    table = Sweep(run, axes, by_stage=by_stage, zipped=zipped, skip_invalid=skip_invalid)
    return joined(table)
