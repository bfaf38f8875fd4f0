"""A fit as text: each phase with its smallest change."""

from rich.console import Group, RenderableType
from rich.text import Text

from wanmeter.estimation.amounts import band_gib, gib
from wanmeter.estimation.fit import Change, Fit
from wanmeter.estimation.text import device_title, title
from wanmeter.terminal import PlainTable, Prose


def render(made: Fit) -> RenderableType:
    """The answer, the changes, and what they rest on."""
    return Group(title(made.estimate), _answer(made), Text(), _table(made), *_changes(made))


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
    frames = "no frame fits" if made.num_frames is None else f"{made.num_frames:,} frames fit"
    size = "no size" if made.size is None else "{}x{}".format(*made.size)
    of_size = f"{workload.width}x{workload.height}"
    return f"{frames} at {of_size}, and {size} with {workload.num_frames:,} frames"


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


def _changes(made: Fit) -> list[RenderableType]:
    """The overrides of each phase's change, and of all."""
    lines = [
        f"{change.phase}: {' '.join(change.overrides)}"
        for change in made.changes
        if change.overrides
    ]
    if len(lines) > 1:
        lines.append(f"together: {' '.join(made.together)}")
    if lines:
        lines.append("These are overrides of `wanmeter estimate profile=diffusers`.")
    shown = [Prose(line, hanging="  ") for line in lines]
    return [Text(), *shown] if shown else []
