"""`wanmeter sweep`: costs millions of workloads, to a file."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from wanmeter.cli.output import emit_stream
from wanmeter.cli.run import MODEL_DIR, OVERRIDES, OVERRIDES_HELP, the_run
from wanmeter.errors import MissingExtraError, OutputError, shown

if TYPE_CHECKING:
    from wanmeter.api.sweep_table import Rows

HELP = f"""Cost many workloads, one row each: every combination of the axes' values or, with --zip, row by row.
A row has every field, in total and per stage. Needs the extra wanmeter[sweep].

VALUES are comma-separated integers and ranges START:STOP:STEP, which include STOP: 1,4,8:16:4. SIZES are
comma-separated WIDTHxHEIGHT.

{OVERRIDES_HELP}
The overrides set the fields that no axis varies. A row that the model cannot run is an error; see
--skip-invalid.
"""

EXAMPLES = """
\b
Examples:
  wanmeter sweep model=wan2_1_t2v_14b --num-frames 5:161:4 --size 832x480,1280x720 -o sweep.csv
  wanmeter sweep --batch-size 1:8 --num-inference-steps 4,20,50 --totals -o sweep.parquet
  wanmeter sweep --size 832x480,1280x720 --num-frames 81,49 --zip -o pairs.csv
"""

MOST_VALUES = 10**6
"""Most values of one axis; more is a mistyped range."""

_RANGE = re.compile(r"(\d{1,19})(?::(\d{1,19})(?::(\d{1,19}))?)?")


def _integers(_: click.Context, __: click.Parameter, text: str | None) -> list[int] | None:
    """Parse the values of an axis."""
    if text is None:
        return None
    values: list[int] = []
    for part in text.split(","):
        found = _RANGE.fullmatch(part.strip())
        if found is None:
            raise click.BadParameter(f"{shown(part)} is neither an integer nor START:STOP:STEP")
        start = int(found[1])
        stop = int(found[2] or start)
        step = int(found[3] or 1)
        if not step:
            raise click.BadParameter(f"{part!r}: STEP must not be 0")
        if stop < start:
            raise click.BadParameter(f"{part!r} is empty: STOP is below START")
        if (stop - start) // step + 1 + len(values) > MOST_VALUES:
            raise click.BadParameter(f"{part!r}: more than {MOST_VALUES:,} values")
        values += range(start, stop + 1, step)
    return values


def _sizes(_: click.Context, __: click.Parameter, text: str | None) -> list[tuple[int, int]] | None:
    """Parse pairs of width and height."""
    if text is None:
        return None
    pairs = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d{1,19})x(\d{1,19})", part.strip())
        if found is None:
            raise click.BadParameter(f"{shown(part)} is not WIDTHxHEIGHT")
        pairs.append((int(found[1]), int(found[2])))
    return pairs


AXES = (
    "batch_size",
    "num_frames",
    "height",
    "width",
    "num_inference_steps",
    "text_len",
    "num_reference_images",
)
"""The workload fields that have an option with integer values."""


def _axes(command: Callable[..., None]) -> Callable[..., None]:
    for name in reversed(AXES):
        option = click.option(
            f"--{name.replace('_', '-')}", name, callback=_integers, metavar="VALUES"
        )
        command = option(command)
    return command


@click.command("sweep", help=HELP, short_help="Cost many workloads, to a file.", epilog=EXAMPLES)
@OVERRIDES
@MODEL_DIR
@_axes
@click.option("--size", callback=_sizes, metavar="SIZES")
@click.option(
    "--guidance",
    type=click.Choice(["true", "false", "both"]),
    help="With guidance, without, or both.",
)
@click.option("--zip", "zipped", is_flag=True, help="Combine the axes row by row.")
@click.option("--totals", is_flag=True, help="Leave out the stages' columns.")
@click.option("--skip-invalid", is_flag=True, help="Leave out rows that the model cannot run.")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="The .csv or .parquet file to write, completely or not at all.",
)
def sweep_command(
    overrides: tuple[str, ...],
    model_dir: str | None,
    size: list[tuple[int, int]] | None,
    guidance: str | None,
    zipped: bool,
    totals: bool,
    skip_invalid: bool,
    output: str,
    **integers: list[int] | None,
) -> None:
    """Write a sweep to a file."""
    layout = output.rpartition(".")[2].lower()
    if layout not in ("csv", "parquet"):
        raise OutputError(output, "its name must end in .csv or .parquet")
    try:
        from wanmeter.api.sweep_files import write_csv, write_parquet
        from wanmeter.api.sweep_table import Sweep
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("sweeping", error, "sweep") from error

    run = the_run(overrides, model_dir)
    axes: dict[str, Sequence[Any]] = {
        name: values for name, values in integers.items() if values is not None
    }
    if size is not None:
        axes["size"] = size
    if guidance is not None:
        axes["guidance"] = {"true": [True], "false": [False], "both": [True, False]}[guidance]
    table = Sweep(run, axes, by_stage=not totals, zipped=zipped, skip_invalid=skip_invalid)
    write = write_csv if layout == "csv" else write_parquet
    seen = _Seen()
    with _progress(len(table)) as advance:
        emit_stream(lambda file: write(seen.chunks(table, advance), file), output)
    seen.tell()


class _Seen:
    """Collects the rows that a sweep skips."""

    def __init__(self) -> None:
        self.skipped = 0
        self.listed: list[str] = []

    def chunks(self, table: "Iterable[Rows]", advance: Callable[[int], None]) -> "Iterator[Rows]":
        for rows in table:
            self.skipped += rows.num_skipped
            room = MOST_LISTED - len(self.listed)
            self.listed += [f"row {each.row + 1:,}: {each.problem}" for each in rows.skipped[:room]]
            advance(len(rows) + rows.num_skipped)
            yield rows

    def tell(self) -> None:
        """List the skipped rows on standard error."""
        for line in self.listed:
            click.echo(f"Skipped {line}", err=True)
        if self.skipped > len(self.listed):
            click.echo(f"Skipped {self.skipped - len(self.listed):,} more rows", err=True)


MOST_LISTED = 20
"""Most skipped rows listed on standard error."""


@contextmanager
def _progress(rows: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on standard error if it is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=rows)
        yield lambda done: bar.advance(task, done)
