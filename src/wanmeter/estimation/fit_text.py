"""A fit as text, at most 80 columns wide: each phase with its smallest change."""

from textwrap import fill

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wanmeter.estimation.amounts import band_gib, gib
from wanmeter.estimation.fit import Change, Fit
from wanmeter.estimation.text import WIDTH, device_title, title
from wanmeter.report.table import plain_table


def render(made: Fit) -> RenderableType:
    """The answer, the changes, and what they rest on."""
    return Group(title(made.estimate), _answer(made), Text(), _table(made), *_changes(made))


def _answer(made: Fit) -> Text:
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
    return Text(fill(" ".join(words), WIDTH))


def _largest(made: Fit) -> str:
    workload = made.estimate.plan.workload
    frames = "no frame fits" if made.num_frames is None else f"{made.num_frames:,} frames fit"
    size = "no size" if made.size is None else "{}x{}".format(*made.size)
    of_size = f"{workload.width}x{workload.height}"
    return f"{frames} at {of_size}, and {size} with {workload.num_frames:,} frames"


def _table(made: Fit) -> Table:
    table = plain_table(
        "phase", "peak GiB", "host GiB", "GiB/step", "change", left=["phase", "change"]
    )
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


def _changes(made: Fit) -> list[Text]:
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
    shown = [Text(fill(line, WIDTH, subsequent_indent="  ")) for line in lines]
    return [Text(), *shown] if shown else []
