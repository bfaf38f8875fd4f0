"""`fit`: for each phase of a run, the smallest change after which it fits a device."""

from collections.abc import Callable, Iterable, Sequence
from typing import Unpack

from attrs import asdict, evolve, frozen

from wanmeter.backends import LayerBackend
from wanmeter.configs import option
from wanmeter.configuring import Configuration, Model, override_texts
from wanmeter.documents import as_json
from wanmeter.errors import ConfigError, InvalidValueError
from wanmeter.estimation.changes import candidates, fits, least, phase_of, with_workload
from wanmeter.estimation.choosing import Choice
from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.estimating import planned
from wanmeter.estimation.memory import PhaseMemory
from wanmeter.execution.plan import Plan
from wanmeter.hardware import Device
from wanmeter.keys import QUOTES
from wanmeter.models import Workload

SCHEMA = "wanmeter.fit/1"

PROFILE = "diffusers"
"""The implementation that a run is fitted with."""

MOST = 2**10
"""Most latent frames, and most rows of tokens, that are tried."""


@frozen(kw_only=True)
class Change:
    """The first change, in order of harm, after which a phase fits, and what the phase then takes.

    `overrides` are empty if it fits as it is, and `None` if no change is enough; then the memory is that
    of the run as it is.
    """

    phase: str
    overrides: tuple[str, ...] | None
    memory: PhaseMemory
    host_bytes: int
    step_moved_bytes: int


@frozen(kw_only=True)
class Fit:
    """Whether a run fits a device, and what to change where it does not.

    Attributes:
        estimate: the run as it is.
        changes: the smallest change of each phase.
        num_frames: the most frames that fit as it is, at this size; `None` if none do.
        size: the largest width and height of this shape that fit as it is, with these frames; `None` if none.
        changed: the run with all changes together; `None` if for some phase none is enough.
    """

    estimate: Estimate
    changes: tuple[Change, ...]
    num_frames: int | None
    size: tuple[int, int] | None
    changed: Estimate | None

    def __repr__(self) -> str:
        lost = [change.phase for change in self.changes if change.overrides is None]
        answer = f"no change makes {' and '.join(lost)} fit" if lost else "fits as it is"
        if self.together and not lost:
            answer = f"fits with {' '.join(self.together)}"
        device = self.estimate.device
        where = "" if device is None else f" on {device.name}"
        return f"<Fit of {self.estimate.plan.run.model.name}{where}: {answer}>"

    @property
    def together(self) -> tuple[str, ...]:
        """The overrides of all changes, with the fewest frames of any."""
        return _together(self.changes)

    def to_json(self) -> str:
        """The fit as JSON text, `wanmeter.fit/1`, with exact integers."""
        whole = self.estimate.to_dict()
        kept = ("model", "workload", "device", "profile", "placement", "capacity_bytes", "verdict")
        return as_json(
            {
                "schema": SCHEMA,
                **{key: whole[key] for key in kept},
                "changes": [
                    {
                        "phase": change.phase,
                        "overrides": None if change.overrides is None else list(change.overrides),
                        "peak_bytes": asdict(change.memory.peak_bytes),
                        "host_bytes": change.host_bytes,
                        "step_moved_bytes": change.step_moved_bytes,
                    }
                    for change in self.changes
                ],
                "together": list(self.together),
                "num_frames": self.num_frames,
                "size": None if self.size is None else list(self.size),
            }
        )


def _together(changes: Iterable[Change]) -> tuple[str, ...]:
    chosen: dict[str, str] = {}
    for change in changes:
        for text in change.overrides or ():
            key, _, value = text.partition("=")
            fewer = key == "num_frames" and key in chosen and int(chosen[key]) < int(value)
            chosen[key] = chosen[key] if fewer else value
    return tuple([f"{key}={value}" for key, value in chosen.items()])


def fit(
    model: Model | None = None,
    workload: str | Workload | None = None,
    layer_impl: str | LayerBackend | None = None,
    *,
    device: str | Device | None = None,
    vram: float | None = None,
    placement: str | None = None,
    starting: Callable[[str, Sequence[str]], object] = lambda part, every: None,
    **configuration: Unpack[Configuration],
) -> Fit:
    """Find what to change so that a run of diffusers' pipelines fits a device.

    A phase fits if it surely does: with the largest workspace of convolutions, and all that is assumed to
    be around PyTorch's allocator.

    Args:
        model: as in `wanmeter.configure`, like all arguments that are not named below.
        workload: the same.
        layer_impl: the same.
        device: a packaged device by name, the path of a device's file, or a `Device`.
        vram: in its place, the GiB that PyTorch reports of a device.
        placement: what to start from; by default all components stay on the device.
        starting: is called before each phase, and before frames and sizes are tried, with all of these.
        **configuration: the same; `overrides` may name the device and set keys of the placement.

    Raises:
        UnknownNameError: a name, a key or a field that does not exist.
        InvalidValueError: a value that is not allowed.
        ConfigError: an override that cannot be parsed or applied, or no device.
    """
    texts = _of_diffusers(override_texts(configuration.get("overrides", ())))

    def planned_with(changes: Sequence[str]) -> tuple[Plan, Choice]:
        """The plan, with changes that hold over what the caller gave."""
        rest = configuration.copy()
        rest["overrides"] = [*texts, *changes]
        if any(text.startswith("num_frames=") for text in changes):
            rest.pop("num_frames", None)
        return planned(
            model,
            workload,
            layer_impl,
            rest,
            device=device,
            profile=PROFILE,
            placement=placement,
        )

    plan, choice = planned_with(())
    chosen = choice.device
    if vram is not None:
        if chosen is not None:
            raise InvalidValueError("vram", vram, "nothing: the device is given by name")
        chosen = Device.of_capacity(vram)
    if chosen is None:
        raise ConfigError("device", "none is chosen; write device=NAME or --vram GIB")
    estimate = Estimate.of(plan, chosen)
    parts = [*[phase.name for phase in estimate.phases], "num_frames", "size"]
    changes = []
    for phase in estimate.phases:
        starting(phase.name, parts)
        changes.append(_change(estimate, phase, chosen))
    starting("num_frames", parts)
    num_frames = _most_frames(plan, chosen)
    starting("size", parts)
    lost = any(change.overrides is None for change in changes)
    return Fit(
        estimate=estimate,
        changes=tuple(changes),
        num_frames=num_frames,
        size=_largest_size(plan, chosen),
        changed=None if lost else Estimate.of(planned_with(_together(changes))[0], chosen),
    )


def _of_diffusers(overrides: Sequence[str]) -> list[str]:
    """Overrides without the profile, which may only be diffusers.

    Raises:
        ConfigError: it is another one.
    """
    kept = []
    for text in overrides:
        key, equals, value = text.partition("=")
        if not (equals and key.strip() == "profile"):
            kept.append(text)
        elif option("profile", value.strip().strip(QUOTES)) != PROFILE:
            raise ConfigError("profile", f"fit runs as {PROFILE} does; leave {text} out")
    return kept


def _change(estimate: Estimate, phase: PhaseMemory, device: Device) -> Change:
    """The first candidate with which a phase fits."""
    for candidate in candidates(estimate.plan, phase.name, device):
        made = Estimate.of(candidate.plan, device)
        memory = phase_of(made, phase.name)
        if fits(memory, candidate.plan, device):
            return Change(
                phase=phase.name,
                overrides=candidate.overrides,
                memory=memory,
                host_bytes=made.host_bytes,
                step_moved_bytes=made.step_moved_bytes,
            )
    return Change(phase=phase.name, overrides=None, memory=phase, host_bytes=0, step_moved_bytes=0)


def _too_large(plan: Plan, device: Device, workload: Workload) -> bool:
    """Whether a run of another workload may not fit, or the model cannot run it."""
    try:
        changed = with_workload(plan, workload)
    except InvalidValueError:
        return True
    return Estimate.of(changed, device).verdict != "fits"


def _most_frames(plan: Plan, device: Device) -> int | None:
    """The most frames that fit, at this size."""
    geometry = plan.run.geometry

    def too_many(latents: int) -> bool:
        longer = evolve(plan.workload, num_frames=geometry.num_frames(latents))
        return _too_large(plan, device, longer)

    first = least(MOST, too_many)
    if first == 1:
        return None
    return geometry.num_frames(MOST if first is None else first - 1)


def _largest_size(plan: Plan, device: Device) -> tuple[int, int] | None:
    """The largest size of this shape that fits, with these frames."""
    workload = plan.workload
    rows, columns = plan.run.geometry.sides

    def size(row: int) -> tuple[int, int]:
        height = row * rows
        return max(round(height * workload.width / workload.height / columns), 1) * columns, height

    def too_large(row: int) -> bool:
        width, height = size(row)
        return _too_large(plan, device, evolve(workload, width=width, height=height))

    first = least(MOST, too_large)
    if first == 1:
        return None
    return size(MOST if first is None else first - 1)
