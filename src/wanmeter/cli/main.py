"""The `wanmeter` command, and those of its commands that are a few lines."""

import click

from wanmeter.cli.completion import names_of
from wanmeter.cli.group import WanmeterGroup
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
from wanmeter.configs import option_names
from wanmeter.version import __version__

EXAMPLES = """
\b
Examples:
  wanmeter show model=t2v-14b workload=720p
  wanmeter estimate model=t2v-14b device=h100
  wanmeter fit model=t2v-14b device=rtx_4090
  wanmeter compare workload=480p workload=720p
  wanmeter list keys workload
"""


@click.group(
    cls=WanmeterGroup,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="wanmeter %(version)s")
def main() -> None:
    """What a Wan2.1 or Wan2.2 video costs: the exact FLOPs and bytes of the mathematics, the memory that
    an implementation takes, and seconds on a device. No GPU, no weights, no deep-learning framework.
    """


DUMPED = {"json": ".json", "csv": ".csv"}


DUMP_HELP = f"""Write every number of a run, module by module, in exact integers.

{OVERRIDES_HELP}
"""

DUMP_EXAMPLES = """
\b
Examples:
  wanmeter dump model=t2v-14b workload=720p -o cost.json
  wanmeter dump num_frames=49 -o cost.csv
  wanmeter dump size=1280x720 steps=4 | gzip > cost.json.gz
"""


@main.command(help=DUMP_HELP, epilog=DUMP_EXAMPLES)
@OVERRIDES
@MODEL_DIR
@OUTPUT
@format_option(DUMPED)
def dump(
    overrides: tuple[str, ...], output: str, layout: str | None, model_dir: str | None
) -> None:
    """Write a report."""
    from wanmeter.report import Report

    layout = chosen_format(DUMPED, layout, output)
    report = Report.of(the_run(overrides, model_dir))
    emit(report.to_json() if layout == "json" else report.to_csv(), output)


SHOW_HELP = f"""Show what a run costs as a table: FLOPs, bytes moved, weights and activations, by module.

{OVERRIDES_HELP}
"""

SHOW_EXAMPLES = """
\b
Examples:
  wanmeter show
  wanmeter show model=t2v-14b workload=720p
  wanmeter show --depth 3 "stages=[transformer]"
  wanmeter show --top 10 model=i2v-14b
  wanmeter show --model-dir ./my-finetune workload=720p
"""


@main.command(help=SHOW_HELP, epilog=SHOW_EXAMPLES)
@OVERRIDES
@MODEL_DIR
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    metavar="N",
    help="Levels of modules to show below the stages. Default: the stages and the three largest modules.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="N",
    help="Show the N most expensive operators, and the classes of operators, instead of the tree.",
)
@click.option("--exact", is_flag=True, help="Show all digits of every count.")
def show(
    overrides: tuple[str, ...],
    depth: int | None,
    top: int | None,
    exact: bool,
    model_dir: str | None,
) -> None:
    """Show a report."""
    from wanmeter.report import Report
    from wanmeter.report.hotspots import render_hotspots
    from wanmeter.report.table import render

    report = Report.of(the_run(overrides, model_dir))
    made = (
        render_hotspots(report, top=top, exact=exact)
        if top
        else render(report, depth=depth, exact=exact)
    )
    emit(to_text(made))


LISTED = (
    "models",
    "workloads",
    "transformers",
    "devices",
    "profiles",
    "placements",
    "backends",
    "keys",
)


LIST_HELP = """List the names to choose from, one per line.

\b
WHAT is one of
  models, workloads, transformers, profiles, placements, backends
           names that an override takes: model=NAME, workload=NAME, ...
  devices  what the rates of each device rest on; with a NAME, every figure
           of that device and its source
  keys     what can be set, with defaults and meanings; with a NAME, the keys
           of that section
"""

LIST_EXAMPLES = """
\b
Examples:
  wanmeter list models
  wanmeter list keys workload
  wanmeter list devices h100
"""


@main.command("list", help=LIST_HELP, epilog=LIST_EXAMPLES)
@click.argument("what", type=click.Choice(LISTED), metavar="WHAT")
@click.argument("name", required=False, shell_complete=names_of)
def list_names(what: str, name: str | None) -> None:
    """List names."""
    if what == "keys":
        from wanmeter.cli.keys import key_table

        emit(to_text(key_table(name)))
        return
    if what == "devices":
        from wanmeter.cli.devices import devices, one_device

        emit(to_text(devices() if name is None else one_device(name)))
        return
    if name is not None:
        raise click.UsageError(
            f"{name}: only keys have sections, and only devices have figures; write `wanmeter list {what}`"
        )
    if what == "backends":
        from wanmeter.backends import backend_names

        names = backend_names()
    else:
        names = option_names(what.removesuffix("s"))
    emit("\n".join(names) + "\n")
