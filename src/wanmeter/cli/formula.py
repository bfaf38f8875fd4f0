"""`wanmeter formula`: prints a cost as an expression."""

import sys

import click
from attrs import evolve
from rich.console import Group

from wanmeter.api import Meter
from wanmeter.cli.output import emit, to_text
from wanmeter.cli.run import (
    MODEL_DIR,
    OUTPUT,
    OVERRIDES,
    OVERRIDES_HELP,
    chosen_format,
    format_option,
    the_run,
)
from wanmeter.cost import COUNTS
from wanmeter.errors import MissingExtraError
from wanmeter.report import Components
from wanmeter.report.caption import particulars
from wanmeter.symbolic import Regime, derive
from wanmeter.symbolic.python_module import to_module
from wanmeter.symbolic.variables import DIMENSIONS, meanings
from wanmeter.terminal import Prose

HELP = f"""Print the cost of a run as an exact expression in batch size, latent frames, height, width, tokens,
text tokens and steps, derived from the layers' formulas. Needs the extra wanmeter[sweep].

{OVERRIDES_HELP}
The overrides choose the model, its components and the backend. Of the workload, only three things matter:
guidance, whether there are reference images, and whether there are 1, 2 or more latent frames, as the VAE's
first two chunks differ from the others. The first line says what the expression holds for.

LaTeX has short letters and lines that fit a column. Python is a module with a function for the run or each
stage, which takes fields of the workload and refuses those that the formula does not hold for.
"""

EXAMPLES = """
\b
Examples:
  wanmeter formula model=wan2_1_t2v_14b "stages=[transformer]"
  wanmeter formula model=wan2_1_t2v_14b --by stage --field activation_bytes
  wanmeter formula --by module --format latex -o formulas.tex
  wanmeter formula model=t2v-14b "stages=[transformer]" --symbols all
  wanmeter formula --by stage --format python -o flops.py
"""


FORMATS = {"text": ".txt", "latex": ".tex", "python": ".py"}


@click.command("formula", help=HELP, epilog=EXAMPLES)
@OVERRIDES
@MODEL_DIR
@click.option(
    "--field",
    type=click.Choice(COUNTS),
    metavar="NAME",
    default="flops",
    show_default=True,
    help=f"The field to print: {', '.join(COUNTS)}.",
)
@click.option(
    "--by",
    type=click.Choice(["run", "stage", "module"]),
    default="run",
    show_default=True,
    help="Print one expression for the run, per stage, or per module.",
)
@click.option(
    "--symbols",
    type=click.Choice(["workload", "all"]),
    default="workload",
    show_default=True,
    help="What letters stand for: the workload, or dimensions of the transformer and guidance too.",
)
@OUTPUT
@format_option(FORMATS)
def formula_command(
    overrides: tuple[str, ...],
    model_dir: str | None,
    field: str,
    by: str,
    symbols: str,
    output: str,
    layout: str | None,
) -> None:
    """Print formulas."""
    try:
        from wanmeter.symbolic import formula, latex
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("printing formulas", error, "sweep") from error

    layout = chosen_format(FORMATS, layout, output)
    run = the_run(overrides, model_dir)
    regime = Regime.of(run.scheduled(run.workload), run.geometry)
    if symbols == "all":
        form = derive(run, evolve(regime, guidance=None), dimensions=True)
    else:
        form = Meter(run).form(regime)
    expressions = formula.formulas(form, field, by)
    stages = [stage.path for stage in form.stages]
    of = [run.model.name, *particulars(run.model, run.workload, Components.of(run, stages), stages)]
    if symbols == "all":
        of.append(f"any {', '.join(DIMENSIONS[:-1])} and {DIMENSIONS[-1]}")
    title = f"{field} of {'; '.join(of)}; layer_impl={run.layer_impl.name}; {form.regime}"
    if layout == "python":
        text = to_module(expressions, form, field, title)
    elif layout == "latex":
        text = f"% {title}\n{latex.to_latex(expressions, form)}"
    else:
        means = meanings(run.geometry)
        head = [title, *[f"{name}: {means[name]}" for name in formula.used(expressions, form)]]
        text = "".join(f"{line}\n" for line in head) + f"\n{formula.to_text(expressions, form)}"
        if output == "-" and sys.stdout.isatty():
            # Programs read a formula as one line; people read it between its terms.
            text = to_text(Group(*[Prose(line, hanging="  ") for line in text.splitlines()]))
    emit(text, output)
