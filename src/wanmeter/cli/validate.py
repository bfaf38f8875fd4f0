"""`wanmeter validate`: predictions beside published measurements."""

import click

from wanmeter.cli.completion import cells
from wanmeter.cli.output import emit, to_text
from wanmeter.cli.progress import steps
from wanmeter.cli.run import OUTPUT, TABLE_OR_JSON, chosen_format, format_option
from wanmeter.published import validate_memory, validate_time
from wanmeter.published.text import render

HELP = """Put predictions beside published measurements, with their errors.

\b
QUANTITY is one of
  memory  the peak memory in the official tables, in GiB
  time    the seconds in the official tables, and of other published runs

What was chosen in view of the very tables that it is compared with is said beside them. Each row of the
JSON has the overrides that give its prediction.
"""

EXAMPLES = """
\b
Examples:
  wanmeter validate memory
  wanmeter validate time -o time.json
  wanmeter validate time --calibrate-on wan2_1_t2v_14b-t2v-1280x720-h20-1
"""

QUANTITIES = ("memory", "time")


@click.command("validate", help=HELP, epilog=EXAMPLES)
@click.argument("quantity", type=click.Choice(QUANTITIES), metavar="QUANTITY")
@click.option(
    "--calibrate-on",
    multiple=True,
    metavar="CELL",
    shell_complete=cells,
    help="Fit one factor on the attention rates of a cell's GPU; once for each GPU.",
)
@OUTPUT
@format_option(TABLE_OR_JSON)
def validate_command(
    quantity: str, calibrate_on: tuple[str, ...], output: str, layout: str | None
) -> None:
    """Validate a quantity."""
    layout = chosen_format(TABLE_OR_JSON, layout, output)
    if quantity == "memory" and calibrate_on:
        raise click.UsageError("only time is calibrated")
    with steps("Predicting") as starting:
        if quantity == "memory":
            validation = validate_memory(starting=starting)
        else:
            validation = validate_time(calibrate_on, starting=starting)
    text = validation.to_json() if layout == "json" else to_text(render(validation), output)
    emit(text, output)
