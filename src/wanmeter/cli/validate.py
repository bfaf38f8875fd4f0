"""`wanmeter validate`: predictions beside published measurements."""

import click

from wanmeter.cli.output import emit, to_text
from wanmeter.cli.run import OUTPUT, TABLE_OR_JSON, chosen_format, format_option
from wanmeter.published import validate_memory
from wanmeter.published.text import render

HELP = """Put predictions beside published measurements, with their errors.

\b
QUANTITY is one of
  memory  the peak memory in the official tables, in GiB

What was chosen in view of the very tables that it is compared with is said beside them. Each row of the
JSON has the overrides that give its prediction.
"""

EXAMPLES = """
\b
Examples:
  wanmeter validate memory
  wanmeter validate memory -o memory.json
"""

VALIDATIONS = {"memory": validate_memory}


@click.command(
    "validate", help=HELP, short_help="Compare with published measurements.", epilog=EXAMPLES
)
@click.argument("quantity", type=click.Choice(list(VALIDATIONS)))
@OUTPUT
@format_option(TABLE_OR_JSON)
def validate_command(quantity: str, output: str, layout: str | None) -> None:
    """Validate a quantity."""
    layout = chosen_format(TABLE_OR_JSON, layout, output)
    validation = VALIDATIONS[quantity]()
    text = validation.to_json() if layout == "json" else to_text(render(validation))
    emit(text, output)
