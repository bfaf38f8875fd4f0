"""`wanmeter sweep`: writes the costs of many workloads to a file."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

from wanmeter.api.sweep import sweep_table
from wanmeter.cli.completion import files
from wanmeter.cli.output import emit_stream
from wanmeter.cli.progress import Doing, progress
from wanmeter.cli.run import (
    ESTIMATE_OVERRIDES,
    MODEL_DIR,
    OVERRIDES_HELP,
    chosen_format,
    format_option,
    the_model,
)
from wanmeter.errors import MissingExtraError, OutputError

if TYPE_CHECKING:
    from wanmeter.sweeping.rows import Rows
    from wanmeter.sweeping.table import Sweep

HELP = f"""Cost many workloads: one row for every combination of the values, or, with --zip, one per position.
Each row has every field, in total and per stage. Needs the extra wanmeter[sweep].

{OVERRIDES_HELP}
A key of the workload may have several values, in Hydra's sweep syntax: steps=4,20,50, guidance=true,false,
size=832x480,1280x720, 'num_frames=range(5,165,4)', which ends before 165. Rows that the model cannot run are
refused, by number.

With device=NAME, profile=NAME or another override of `wanmeter estimate`, rows have seconds and peaks.
"""

EXAMPLES = """
\b
Examples:
  wanmeter sweep 'num_frames=range(5,82,4)' size=832x480,1280x720 -o sweep.csv
  wanmeter sweep model=t2v-14b steps=4,20,50 --totals -o sweep.parquet
  wanmeter sweep size=832x480,1280x720 num_frames=81,49 --zip -o pairs.csv
  wanmeter sweep device=h100 'num_frames=range(5,165,4)' -o seconds.csv
"""

FORMATS = {"csv": ".csv", "parquet": ".parquet"}


@click.command("sweep", help=HELP, epilog=EXAMPLES)
@ESTIMATE_OVERRIDES
@MODEL_DIR
@click.option(
    "--zip", "zipped", is_flag=True, help="Take the values by position, not every combination."
)
@click.option("--totals", is_flag=True, help="Leave out the columns of the stages.")
@click.option("--skip-invalid", is_flag=True, help="Leave out rows that the model cannot run.")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    shell_complete=files,
    help="The file to write, completely or not at all.",
)
@format_option(FORMATS)
def sweep_command(
    overrides: tuple[str, ...],
    model_dir: str | None,
    zipped: bool,
    totals: bool,
    skip_invalid: bool,
    output: str,
    layout: str | None,
) -> None:
    """Sweep."""
    layout = chosen_format(FORMATS, layout, output)
    if output == "-":
        raise OutputError(output, "a sweep goes to a file; name one with -o")
    try:
        from wanmeter.sweeping.files import write_csv, write_parquet
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("sweeping", error, "sweep") from error

    table = sweep_table(
        the_model(model_dir),
        overrides=overrides,
        by_stage=not totals,
        zipped=zipped,
        skip_invalid=skip_invalid,
    )
    write = write_csv if layout == "csv" else partial(write_parquet, wide=table.wide)
    skipped = _Skipped()
    with progress("Costing rows", even=True) as doing:
        emit_stream(lambda file: write(skipped.passing(table, doing), file), output)
    skipped.tell()


MAX_LISTED = 20
"""Skipped rows that are listed on the terminal."""


class _Skipped:
    """The rows that a sweep leaves out: how many, and the reasons of the first."""

    def __init__(self) -> None:
        self.count = 0
        self.reasons: list[str] = []

    def passing(self, table: "Sweep", doing: Doing) -> "Iterator[Rows]":
        """The blocks of a sweep, as they come."""
        done = 0
        for rows in table:
            self.count += rows.num_skipped
            self.reasons += [f"row {each.row + 1:,}: {each.problem}" for each in rows.skipped]
            del self.reasons[MAX_LISTED:]
            done += len(rows) + rows.num_skipped
            doing("", done, len(table))
            yield rows

    def tell(self) -> None:
        """Say on standard error which rows were left out."""
        for reason in self.reasons:
            click.echo(f"Skipped {reason}", err=True)
        if self.count > len(self.reasons):
            click.echo(f"Skipped {self.count - len(self.reasons):,} more rows", err=True)
