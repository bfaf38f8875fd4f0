"""A fit as text: each phase with its smallest change, and the command of the run with all of them."""

from collections.abc import Sequence
from contextlib import suppress

from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.errors import InvalidValueError
from wanmeter.estimation.amounts import band_gib, duration, gib
from wanmeter.estimation.estimate import Estimate
from wanmeter.estimation.fit import PROFILE, Change, Fit
from wanmeter.estimation.text import device_title, title
from wanmeter.terminal import Pasted, PlainTable, Prose
from wanmeter.units import counted


def render(made: Fit, given: Sequence[str] = ()) -> RenderableType:
    """The answer, the changes, and the command of the run that fits; `given` are the user's own arguments."""
    changes = _changes(made, given)
    return Group(title(made.estimate), _answer(made), Text(), _table(made), *changes)


def _answer(made: Fit) -> Prose:
    changed = [change for change in made.changes if change.overrides]
    lost = [change.phase for change in made.changes if change.overrides is None]
    if lost:
        answer = f"no change that is known makes {' and '.join(lost)} fit"
    elif changed:
        answer = "fits with the changes below"
    else:
        answer = "fits as it is"
    words = [
        f"{device_title(made.estimate)}: {answer}.",
        f"As it is, {_largest(made)}.",
    ]
    return Prose(" ".join(words))


def _largest(made: Fit) -> str:
    workload = made.estimate.plan.workload
    frames = "no frame fits"
    if made.num_frames is not None:
        fit = "fits" if made.num_frames == 1 else "fit"
        frames = f"{counted(made.num_frames, 'frame')} {fit}"
    size = "no size" if made.size is None else "{}x{}".format(*made.size)
    of_size = f"{workload.width}x{workload.height}"
    return f"{frames} at {of_size}, and {size} with {counted(workload.num_frames, 'frame')}"


def _table(made: Fit) -> PlainTable:
    columns = ("phase", "peak GiB", "host GiB", "GiB/step", "change")
    table = PlainTable(columns, left=["phase", "change"], drop=["GiB/step", "host GiB"])
    for change in made.changes:
        table.add_row(
            change.phase,
            band_gib(change.memory.peak_bytes),
            gib(change.host_bytes),
            gib(change.step_moved_bytes),
            _kind(change),
        )
    return table


def _kind(change: Change) -> str:
    if change.overrides is None:
        return "none is enough"
    return "below" if change.overrides else "none"


def _changes(made: Fit, given: Sequence[str]) -> list[RenderableType]:
    """The overrides of each phase's change, and the run with all of them."""
    lines = [
        f"{change.phase}: {' '.join(change.overrides)}"
        for change in made.changes
        if change.overrides
    ]
    if not lines:
        return []
    shown: list[RenderableType] = [Text(), *[Prose(line, hanging="  ") for line in lines], Text()]
    if made.changed is None:
        return [*shown, Prose("These are overrides of `wanmeter estimate profile=diffusers`.")]
    return [*shown, Prose(_told(made.changed)), Pasted(_command(made, given))]


def _told(changed: Estimate) -> str:
    """How long the run takes with all changes, and what is then in use."""
    taken = f"{band_gib(changed.device_bytes)} GiB in use"
    with suppress(InvalidValueError):  # the device lacks a rate that was asked for
        if changed.seconds is not None:
            taken = f"about {duration(changed.seconds)}; {taken}"
    return f"All together: {changed.verdict}; {taken}."


def _command(made: Fit, given: Sequence[str]) -> list[str]:
    """The whole command: what the user gave, but for keys that the changes set, and the changes."""
    set_by_changes = {text.partition("=")[0] for text in made.together}
    kept = [
        text
        for text in given
        if text.partition("=")[0].rpartition(".")[2] not in {*set_by_changes, "profile"}
    ]
    return ["wanmeter", "estimate", f"profile={PROFILE}", *kept, *made.together]
