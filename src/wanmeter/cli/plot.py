"""`wanmeter plot`: the figures of a run."""

import os
from pathlib import Path
from typing import Literal

import click

from wanmeter.cli.output import emit
from wanmeter.cli.run import (
    LAYER_IMPL,
    MODEL_DIR,
    OVERRIDES,
    OVERRIDES_HELP,
    chosen_backends,
    the_run,
)
from wanmeter.errors import OutputError

HELP = f"""Draw what a run costs: where the FLOPs and the bytes go, memory by stage, arithmetic intensity, and
how FLOPs grow with frames, resolution and steps. Needs the extra wanmeter[plots].

The figures are called flops, bytes, memory, intensity, frames, resolution and steps.

{OVERRIDES_HELP}
Writes one file a figure into DIR, which is made if it is not there.
"""

EXAMPLES = """
\b
Examples:
  wanmeter plot model=wan2_1_t2v_14b workload=wan2-1-720p -o figures
  wanmeter plot --layer-impl both --format svg -o figures
  wanmeter plot --figure frames --figure memory -o figures
"""


@click.command("plot", help=HELP, short_help="Draw what a run costs.", epilog=EXAMPLES)
@OVERRIDES
@MODEL_DIR
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder to write into.")
@LAYER_IMPL
@click.option(
    "--figure",
    "names",
    metavar="NAME",
    multiple=True,
    help="Draw this one only; may be given several times.",
)
@click.option(
    "--format", "layout", type=click.Choice(["png", "svg"]), default="png", show_default=True
)
def plot_command(
    overrides: tuple[str, ...],
    model_dir: str | None,
    output: str,
    layer_impl: str | None,
    names: tuple[str, ...],
    layout: Literal["png", "svg"],
) -> None:
    """Draw a run."""
    run = the_run(overrides, model_dir)
    from wanmeter.figures import FIGURES, draw

    figures = draw(run, names or tuple(FIGURES), layer_impls=chosen_backends(layer_impl))
    folder = _folder(output)
    for figure in figures:
        emit(figure.to_bytes(layout), str(folder / f"{figure.name}.{layout}"))


def _folder(given: str) -> Path:
    """The folder, made where it is not there yet."""
    folder = Path(given)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(given, "a file, not a directory") from error
    except (OSError, ValueError) as error:
        raise OutputError(given, getattr(error, "strerror", None) or str(error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(given, "Permission denied")
    return folder
