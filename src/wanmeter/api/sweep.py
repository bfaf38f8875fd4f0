"""`sweep`: the cost of millions of workloads, in one call. Needs the extra `sweep`."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from wanmeter.backends import LayerBackend
from wanmeter.configuring import Model, configure, override_texts
from wanmeter.errors import InvalidValueError, MissingExtraError
from wanmeter.hardware import Device
from wanmeter.keys import IMAGE_SIZE_KEY
from wanmeter.models import COMPONENTS, Workload
from wanmeter.models.workload import FIXED
from wanmeter.units import GIB

if TYPE_CHECKING:
    from wanmeter.sweeping.axes import Values
    from wanmeter.sweeping.rows import Rows
    from wanmeter.sweeping.table import Sweep

MAX_BYTES = 8 * GIB
"""Most memory that the columns of a sweep take, unless more is allowed."""


def sweep(
    model: Model | None = None,
    workload: str | Workload | None = None,
    layer_impl: str | LayerBackend | None = None,
    *,
    stages: Sequence[str] | None = None,
    overrides: Iterable[str] = (),
    by_stage: bool = True,
    zipped: bool = False,
    skip_invalid: bool = False,
    max_bytes: int = MAX_BYTES,
    device: str | Device | None = None,
    profile: str | None = None,
    placement: str | None = None,
    parallel: str | None = None,
    **axes: "Values",
) -> "Rows":
    """Cost many workloads, one row each, with every field in total and per stage; or estimate them.

    If a device, a profile, a placement or parallelism is given, by argument or by override, rows have the
    seconds and the peak of `wanmeter.estimate` in the place of costs. Each batch size then has closed forms of its own,
    which take some seconds to derive.

    Args:
        model: as in `wanmeter.configure`.
        workload: as in `wanmeter.configure`; sets the fields that no axis varies.
        layer_impl: as in `wanmeter.configure`.
        stages: as in `wanmeter.configure`.
        overrides: as in `wanmeter.configure`; a key of the workload may have several values, in
            Hydra's sweep syntax: `num_frames=range(5,165,4)`.
        by_stage: add columns for each stage (`transformer/flops`) to those of the run (`flops`).
        zipped: combine the axes row by row, as `zip` does; otherwise in every combination.
        skip_invalid: skip and list rows that the model cannot run, instead of raising.
        max_bytes: refuse rows that would take more memory than this, with the largest counts in all of them.
            `wanmeter sweep -o FILE` writes block by block.
        device: as in `wanmeter.estimate`.
        profile: the same.
        placement: the same.
        parallel: the same.
        **axes: values of workload fields: `num_frames=[81, 121]`; `size` takes pairs of width and height.
            Components, such as `vae`, and what cannot vary, such as `sample_shift`, are as in
            `wanmeter.configure`.

    Raises:
        UnknownNameError: a name or an axis that does not exist.
        InvalidValueError: a value that is not allowed, a row that the model cannot run, by number, or more
            rows than `max_bytes` hold.
        ClosedFormError: the backend's layers have no closed form.
        MissingExtraError: numpy is not installed.
    """
    table = sweep_table(
        model,
        workload,
        layer_impl,
        stages=stages,
        overrides=overrides,
        by_stage=by_stage,
        zipped=zipped,
        skip_invalid=skip_invalid,
        device=device,
        profile=profile,
        placement=placement,
        parallel=parallel,
        **axes,
    )
    # Only what may be too much is measured: that may derive a closed form which no row needs.
    if table.most_bytes > max_bytes and (size := table.table_bytes) > max_bytes:
        allowed = (
            f"at most {max_bytes / GIB:.1f} GiB, of which {size / GIB:.1f} are needed; `wanmeter sweep -o"
            " FILE` writes block by block, and max_bytes allows more"
        )
        raise InvalidValueError("rows of the sweep", len(table), allowed)
    return table.joined()


def sweep_table(
    model: Model | None = None,
    workload: str | Workload | None = None,
    layer_impl: str | LayerBackend | None = None,
    *,
    stages: Sequence[str] | None = None,
    overrides: Iterable[str] = (),
    by_stage: bool = True,
    zipped: bool = False,
    skip_invalid: bool = False,
    device: str | Device | None = None,
    profile: str | None = None,
    placement: str | None = None,
    parallel: str | None = None,
    **axes: "Values",
) -> "Sweep":
    """A sweep that yields its rows block by block. Arguments and errors are those of `sweep`."""
    try:
        from wanmeter.sweeping.columns import recent
        from wanmeter.sweeping.table import Sweep
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("sweeping", error, "sweep") from error

    texts = override_texts(overrides)
    execution: tuple[str, ...] = ()
    if texts:
        from wanmeter.estimation.choosing import executes  # slow to import

        execution = tuple(text for text in texts if executes(text))
    if texts := tuple(text for text in texts if text not in execution):
        from wanmeter.composition import split_sweeps  # slow to import

        varied, texts = split_sweeps(texts)
        axes = varied | axes
    fixed = {name: axes.pop(name) for name in (*COMPONENTS, *FIXED, IMAGE_SIZE_KEY) if name in axes}
    columns = None
    if any((device, profile, placement, parallel, execution)):
        from wanmeter.estimation.estimator import Estimator  # slow to import
        from wanmeter.sweeping.estimates import EstimateColumns

        estimator = Estimator(
            model,
            workload,
            layer_impl,
            device=device,
            profile=profile,
            placement=placement,
            parallel=parallel,
            stages=stages,
            overrides=(*texts, *execution),
            **fixed,
        )
        run = estimator.plan.run
        columns = recent(EstimateColumns, plan=estimator.plan, device=estimator.device)
    else:
        run = configure(model, workload, layer_impl, stages=stages, overrides=texts, **fixed)
    return Sweep(
        run,
        axes,
        evaluated=columns,
        by_stage=by_stage,
        zipped=zipped,
        skip_invalid=skip_invalid,
    )
