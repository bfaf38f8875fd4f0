"""`wanmeter compare`: two runs, or two dumps of them, side by side."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

import click

from wanmeter.cli.completion import sides
from wanmeter.cli.output import emit, to_text
from wanmeter.cli.run import (
    MODEL_DIR,
    OUTPUT,
    TABLE_OR_JSON,
    chosen_format,
    format_option,
    the_model,
    the_run,
)
from wanmeter.documents import MAX_BYTES
from wanmeter.errors import DocumentError, printable, shown
from wanmeter.estimation import estimate
from wanmeter.estimation.choosing import executes
from wanmeter.estimation.compared import ComparedEstimate
from wanmeter.estimation.estimate import SCHEMA
from wanmeter.keys import meant
from wanmeter.report import Report
from wanmeter.report.comparison import QUANTITIES, Comparison
from wanmeter.report.comparison_text import render, to_json

HELP = """Show what differs between two runs, module by module, in numbers and in percent of A, the largest
difference first.

A and B are each a JSON report written by `wanmeter dump`, - for a report on standard input, or a run: overrides,
a model folder, or a folder and its overrides, in quotes if there are spaces. --model-dir is for runs that name no
folder. Reports with another schema or other conventions, or with a parent that does not match its children,
are refused.

A and B may be estimates too, by a JSON file of `wanmeter estimate` or by overrides of it, such as device=h100: then
seconds and peaks are compared.

Exit code 0, or with --fail-above 1 if anything differs by more; 2 for bad usage.
"""

EXAMPLES = """
\b
Examples:
  wanmeter compare workload=480p workload=720p
  wanmeter compare "vae.bits=16 steps=4" vae.bits=32 --field bytes_read
  wanmeter compare layer_impl=shared layer_impl=wan2_1 --fail-above 0
  wanmeter compare ./my-finetune "model=t2v-14b workload=720p"
  wanmeter compare "./my-finetune workload=480p" "./my-finetune workload=720p"
  wanmeter dump | wanmeter compare before.json - --fail-above 1
  wanmeter compare device=h100 device=a100
  wanmeter compare "device=h100 attention=fa2" "device=h100 attention=fa3"
"""


MAX_HEAD = 200
"""Bytes at the beginning of a document that have its schema."""

MAX_EXPONENT = 99
"""Largest power of ten in a percentage, either way. As a fraction, 1e99999999 would fill the memory."""


def percentage(text: str) -> Decimal:
    """An exact non-negative number, which prints as it was given."""
    with suppress(InvalidOperation):
        number = Decimal(text)
        if number.is_finite() and number >= 0 and abs(number.adjusted()) <= MAX_EXPONENT:
            return number
    raise click.BadParameter(f"{shown(text)} is not a non-negative number")


@click.command("compare", help=HELP, epilog=EXAMPLES)
@click.argument("first", metavar="A", shell_complete=sides)
@click.argument("second", metavar="B", shell_complete=sides)
@click.option(
    "--field",
    "quantities",
    type=click.Choice(QUANTITIES),
    metavar="NAME",
    multiple=True,
    help=f"What to compare; may be repeated: {', '.join(QUANTITIES)}. Default: everything, and modules by the"
    " first field that differs.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="Most modules to show per field, in tables.",
)
@click.option("--exact", is_flag=True, help="Show all digits of every count.")
@click.option(
    "--fail-above",
    type=percentage,
    metavar="PCT",
    help="Exit with 1 if anything differs by more than this percentage of A, or is in one run only.",
)
@MODEL_DIR
@OUTPUT
@format_option(TABLE_OR_JSON)
@click.pass_context
def compare_command(
    ctx: click.Context,
    first: str,
    second: str,
    quantities: tuple[str, ...],
    top: int,
    exact: bool,
    fail_above: Decimal | None,
    model_dir: str | None,
    output: str,
    layout: str | None,
) -> None:
    """Compare two runs."""
    layout = chosen_format(TABLE_OR_JSON, layout, output)
    if first == second == "-":
        raise click.UsageError("only one of A and B can be standard input")
    sides = [_side(each, model_dir) for each in (first, second)]
    if any(isinstance(side, ComparedEstimate) for side in sides):
        _compare_estimates(ctx, sides, (first, second), quantities, fail_above, layout, output)
        return
    one, other = [side for side in sides if isinstance(side, Report)]
    comparison = Comparison(one, other)
    chosen = tuple(name for name in QUANTITIES if name in quantities) or QUANTITIES
    names = (printable(first), printable(second))
    if layout == "json":
        emit(to_json(comparison, names, chosen), output)
    else:
        made = render(comparison, names, chosen if quantities else (), top=top, exact=exact)
        emit(to_text(made, output), output)
    if fail_above is None:
        return
    if found := comparison.above(Fraction(fail_above) / 100, chosen):
        more = f", and {len(found) - 1} more" if found[1:] else ""
        click.echo(f"Above {fail_above}%: {found[0]}{more}", err=True)
        ctx.exit(1)


def _compare_estimates(
    ctx: click.Context,
    sides: Sequence[Report | ComparedEstimate],
    given: tuple[str, str],
    quantities: tuple[str, ...],
    fail_above: Decimal | None,
    layout: str,
    output: str,
) -> None:
    """Compare two estimates."""
    from wanmeter.estimation.comparison import EstimateComparison, render

    if quantities:
        raise click.UsageError("--field is for reports")
    estimates = [side for side in sides if isinstance(side, ComparedEstimate)]
    if len(estimates) < len(sides):
        kinds = [
            "an estimate" if isinstance(each, ComparedEstimate) else "a report" for each in sides
        ]
        raise click.UsageError(f"A is {kinds[0]} and B {kinds[1]}; compare two of a kind")
    comparison = EstimateComparison(first=estimates[0], second=estimates[1])
    names = (printable(given[0]), printable(given[1]))
    json = layout == "json"
    text = comparison.to_json(names) if json else to_text(render(comparison, names), output)
    emit(text, output)
    if fail_above is not None and (found := comparison.above(float(fail_above) / 100)):
        more = f", and {len(found) - 1} more" if found[1:] else ""
        click.echo(f"Above {fail_above}%: {found[0].name}{more}", err=True)
        ctx.exit(1)


def _side(given: str, model_dir: str | None) -> Report | ComparedEstimate:
    """Read a report or an estimate from a file or standard input, or make one of a run."""
    if given == "-":
        if sys.stdin is None:
            raise DocumentError("standard input", "closed")
        text = sys.stdin.buffer.read(MAX_BYTES + 1)  # one byte over the limit, to be refused
        where = "standard input"
        if SCHEMA.encode() in text:
            return ComparedEstimate.from_json(text, where)
        return Report.from_json(text, where=where)
    if not _is_there(given):
        folder, overrides = _run_of(given)
        if any(map(executes, overrides)):
            model = the_model(folder or model_dir)
            return ComparedEstimate.of(estimate(model, overrides=overrides))
        return Report.of(the_run(overrides, folder or model_dir))
    path = Path(given)
    if path.is_dir():
        return Report.of(the_run((), given))
    if not path.is_file():
        raise DocumentError(given, "not a regular file; use - for standard input")
    with path.open("rb") as file:
        begins = file.read(MAX_HEAD)
    return (ComparedEstimate if SCHEMA.encode() in begins else Report).from_file(path)


def _is_there(given: str) -> bool:
    try:
        return bool(given) and Path(given).exists()
    except PermissionError:  # reading the file will raise it
        return True
    except (OSError, ValueError):  # a name too long, a null byte
        return False


def _run_of(given: str) -> tuple[str | None, list[str]]:
    """The model folder, if there is one, and the overrides of a run."""
    neither = "neither a file, a folder nor overrides"
    try:
        words = shlex.split(given)
    except ValueError as error:
        raise DocumentError(given, f"{neither}: {error}") from error
    folder = words.pop(0) if len(words) > 1 and "=" not in words[0] else None
    if not words or not all("=" in word for word in words):
        whole = meant(words[0]) if words and "=" not in words[0] else None
        raise DocumentError(given or "''", f"{neither}; write {whole or 'KEY=VALUE ...'}")
    return folder, words
