"""`estimate`: what a run takes on a device."""

from typing import Any, Unpack

from wanmeter.backends import LayerBackend
from wanmeter.configuring import Configuration, Model, configure, override_texts
from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.estimation.choosing import PRICE, Choice, choose, execution_keys
from wanmeter.estimation.estimate import Estimate
from wanmeter.execution.plan import Plan
from wanmeter.hardware import Device
from wanmeter.models import Workload


def estimate(
    model: Model | None = None,
    workload: str | Workload | None = None,
    layer_impl: str | LayerBackend | None = None,
    *,
    device: str | Device | None = None,
    profile: str | None = None,
    placement: str | None = None,
    parallel: str | None = None,
    price_per_hour: float | None = None,
    **configuration: Unpack[Configuration],
) -> Estimate:
    """Estimate what `workload` takes on `model`: the memory of each phase and the seconds of each stage.

    Args:
        model: as in `wanmeter.configure`, like all arguments that are not named below.
        workload: the same.
        layer_impl: the same.
        device: a packaged device by name (`h100`, `rtx_4090`), the path of a device's file that ends in
            `.yaml`, or a `Device`; without one there are no seconds, and there is no verdict.
        profile: the implementation: `official`, `diffusers`, or `ideal`, which is what the mathematics needs.
        placement: where weights are while they are not used; by default as the profile's users have it.
        parallel: how GPUs share the work; by default on one.
        price_per_hour: what one GPU costs for an hour, in any currency.
        **configuration: `overrides` may set keys of these groups too: `ulysses_degree=4`.

    Raises:
        UnknownNameError: a name, a key or a field that does not exist.
        InvalidValueError: a value that is not allowed.
        ConfigError: an override that cannot be parsed or applied.
    """
    plan, choice = planned(
        model,
        workload,
        layer_impl,
        configuration,
        device=device,
        price_per_hour=price_per_hour,
        profile=profile,
        placement=placement,
        parallel=parallel,
    )
    if choice.price_per_hour is not None and choice.device is None:
        raise InvalidValueError(
            PRICE, choice.price_per_hour, "a device beside it, such as device=h100"
        )
    made = Estimate.of(plan, choice.device, choice.price_per_hour)
    _ = made.run_time  # its errors belong here
    return made


def planned(
    model: Model | None,
    workload: str | Workload | None,
    layer_impl: str | LayerBackend | None,
    configuration: Configuration,
    *,
    device: str | Device | None = None,
    price_per_hour: float | None = None,
    profile: str | None = None,
    placement: str | None = None,
    parallel: str | None = None,
) -> tuple[Plan, Choice]:
    """The plan that the arguments of `estimate` choose, and what they choose beside it."""
    rest: dict[str, Any] = dict(configuration)
    texts = override_texts(rest.pop("overrides", ()))
    names = {"profile": profile, "placement": placement, "parallel": parallel}
    chosen = choose(texts, device, price_per_hour, **names)
    try:
        run = configure(model, workload, layer_impl, overrides=chosen.overrides, **rest)
    except UnknownNameError as error:
        if error.what != "key":
            raise
        known = (*error.known, *execution_keys())
        raise UnknownNameError("key", error.given, known, error.listed_by, error.remedy) from error
    return Plan.of(run, chosen.profile, chosen.placement, chosen.parallel), chosen
