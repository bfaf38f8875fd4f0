"""`estimate`: what a run takes on a device."""

from typing import Any, Unpack

from wanmeter.backends import LayerBackend
from wanmeter.configuring import Configuration, Model, configure, override_texts
from wanmeter.errors import UnknownNameError
from wanmeter.estimation.choosing import choose, execution_keys
from wanmeter.estimation.estimate import Estimate
from wanmeter.execution.plan import Plan
from wanmeter.hardware import Device
from wanmeter.models import Workload


def estimate(
    model: Model | None = None,
    workload: str | Workload | None = None,
    layer_impl: str | LayerBackend | None = None,
    *,
    device: str | None = None,
    profile: str | None = None,
    placement: str | None = None,
    parallel: str | None = None,
    **configuration: Unpack[Configuration],
) -> Estimate:
    """Estimate the memory of `workload` on `model`, phase by phase.

    Args:
        model: as in `wanmeter.configure`, like all arguments that are not named below.
        workload: the same.
        layer_impl: the same.
        device: a packaged device by name (`h100`, `rtx_4090`); without one there is no verdict.
        profile: the implementation: `official`, `diffusers`, or `ideal`, which is what the mathematics needs.
        placement: where weights are while they are not used; by default as the profile's users have it.
        parallel: how GPUs share the work; by default on one.
        **configuration: `overrides` may set keys of these groups too: `ulysses_degree=4`.

    Raises:
        UnknownNameError: a name, a key or a field that does not exist.
        InvalidValueError: a value that is not allowed.
        ConfigError: an override that cannot be parsed or applied.
    """
    return Estimate.of(
        *planned(model, workload, layer_impl, device, profile, placement, parallel, configuration)
    )


def planned(
    model: Model | None,
    workload: str | Workload | None,
    layer_impl: str | LayerBackend | None,
    device: str | None,
    profile: str | None,
    placement: str | None,
    parallel: str | None,
    configuration: Configuration,
) -> tuple[Plan, Device | None]:
    """The plan and the device that the arguments of `estimate` choose."""
    rest: dict[str, Any] = dict(configuration)
    texts = override_texts(rest.pop("overrides", ()))
    chosen = choose(texts, device=device, profile=profile, placement=placement, parallel=parallel)
    try:
        run = configure(model, workload, layer_impl, overrides=chosen.overrides, **rest)
    except UnknownNameError as error:
        if error.what != "key":
            raise
        known = (*error.known, *execution_keys())
        raise UnknownNameError("key", error.given, known, error.listed_by) from error
    return Plan.of(run, chosen.profile, chosen.placement, chosen.parallel), chosen.device
