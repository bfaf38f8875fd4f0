"""The `wanmeter` command."""

from importlib import import_module
from typing import Any

import click

from wanmeter.backends import backend_names
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
from wanmeter.errors import WanmeterError, shortened
from wanmeter.report import Report
from wanmeter.version import __version__

EXAMPLES = """
\b
Examples:
  wanmeter show
  wanmeter show model=t2v-14b workload=720p
  wanmeter show --top 10 model=i2v-14b
  wanmeter dump model=t2v-14b size=1280x720 steps=4 transformer.layer_impl=wan2_1
  wanmeter dump -o cost.csv num_frames=49
  wanmeter show --model-dir ./Wan2.1-T2V-14B workload=720p
  wanmeter compare workload=480p workload=720p
  wanmeter list models
  wanmeter list keys workload
  wanmeter verify all --layer-impl both
"""


MAX_ERROR_CHARACTERS = 1000
"""Longest error message."""


class OneLineError(click.ClickException):
    """An error on the command line: its message on one line, exit code 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        """Escape line breaks, and leave out the middle of a long message."""
        super().__init__(shortened(message, MAX_ERROR_CHARACTERS))


LAZY = {
    "calibrate": "calibrate_command",
    "compare": "compare_command",
    "estimate": "estimate_command",
    "fit": "fit_command",
    "formula": "formula_command",
    "plot": "plot_command",
    "report": "report_command",
    "sweep": "sweep_command",
    "validate": "validate_command",
    "verify": "verify_command",
}
"""Commands that are imported on use, so that the others start faster."""


class WanmeterGroup(click.Group):
    """Turns every `WanmeterError` into a one-line message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands by name."""
        return sorted([*super().list_commands(ctx), *LAZY])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name."""
        if cmd_name in LAZY:
            command: click.Command = getattr(
                import_module(f"wanmeter.cli.{cmd_name}"), LAZY[cmd_name]
            )
            return command
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except WanmeterError as error:
            raise OneLineError(str(error)) from error
        except BrokenPipeError:
            raise  # the reader closed the pipe: click exits quietly
        except OSError as error:
            raise OneLineError(error.strerror or str(error)) from error


@click.group(cls=WanmeterGroup, epilog=EXAMPLES)
@click.version_option(__version__, message="wanmeter %(version)s")
def main() -> None:
    """The exact cost of running Wan2.1 video diffusion pipelines: FLOPs, bytes moved, weights,
    activations and KV cache. No GPU, no weights, no deep-learning framework.
    """


DUMPED = {"json": ".json", "csv": ".csv"}


@main.command(
    epilog=EXAMPLES, help=f"Write the cost report of a run, module by module.\n{OVERRIDES_HELP}"
)
@OVERRIDES
@MODEL_DIR
@OUTPUT
@format_option(DUMPED)
def dump(
    overrides: tuple[str, ...], output: str, layout: str | None, model_dir: str | None
) -> None:
    """Write a report."""
    layout = chosen_format(DUMPED, layout, output)
    report = Report.of(the_run(overrides, model_dir))
    emit(report.to_json() if layout == "json" else report.to_csv(), output)


@main.command(epilog=EXAMPLES, help=f"Show the cost of a run as a table.\n{OVERRIDES_HELP}")
@OVERRIDES
@MODEL_DIR
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Levels of modules to show below the stages.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="N",
    help="Show the N most expensive operators, and the classes of operators, instead of the tree.",
)
def show(overrides: tuple[str, ...], depth: int, top: int | None, model_dir: str | None) -> None:
    """Show a report."""
    from wanmeter.report.hotspots import render_hotspots
    from wanmeter.report.table import render

    report = Report.of(the_run(overrides, model_dir))
    emit(to_text(render_hotspots(report, top=top) if top else render(report, depth=depth)))


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


@main.command(name="list")
@click.argument("what", type=click.Choice(LISTED))
@click.argument("section", required=False)
def list_names(what: str, section: str | None) -> None:
    """List the names to choose from, one per line; or the keys to set, with defaults and meanings.

    `wanmeter list keys SECTION` lists those of one section, such as workload. `wanmeter list devices` says what
    the rates of each device rest on, and `wanmeter list devices NAME` has every figure of one, with its source.
    """
    if what == "keys":
        from wanmeter.cli.keys import key_table

        emit(to_text(key_table(section)))
        return
    if what == "devices":
        from wanmeter.cli.devices import devices, one_device

        emit(to_text(devices() if section is None else one_device(section)))
        return
    if section is not None:
        raise click.UsageError("only keys have sections, and only devices have figures")
    names = backend_names() if what == "backends" else option_names(what.removesuffix("s"))
    emit("\n".join(names) + "\n")
