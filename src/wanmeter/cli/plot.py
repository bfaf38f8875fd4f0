"""`wanmeter plot`: draws the figures of a run."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Literal

import click

from wanmeter.cli.output import emit_stream
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

The figures are flops, bytes, memory, intensity, frames, resolution and steps.

{OVERRIDES_HELP}
Writes one file per figure into DIR, which is created if needed.
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
    help="Draw only this figure; may be repeated.",
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
    from wanmeter.render.figures import FIGURES, draw

    if output in ("", "-"):
        raise OutputError(output or "''", "each figure is a file of its own; name a folder")
    chosen = tuple(dict.fromkeys(names)) or tuple(FIGURES)
    figures = list(draw(run, chosen, layer_impls=chosen_backends(layer_impl)))
    files = [(f"{figure.name}.{layout}", figure.to_bytes(layout)) for figure in figures]
    folder = _folder(output)
    _write([(str(folder / name), data) for name, data in files])


def _write(files: Sequence[tuple[str, bytes]]) -> None:
    """Write all files or none: all are complete before any is moved into place."""
    if not files:
        return
    (destination, data), *others = files

    def write(file: IO[bytes]) -> None:
        file.write(data)
        _write(others)

    emit_stream(write, destination)


def _folder(given: str) -> Path:
    """Create the folder if needed."""
    folder = Path(given)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        link = os.path.islink(error.filename)
        problem = "a broken link" if link else "a file, not a directory"
        raise OutputError(error.filename, problem) from error
    except (OSError, ValueError) as error:
        raise OutputError(given, getattr(error, "strerror", None) or str(error)) from error
    return folder
