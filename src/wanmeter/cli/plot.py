"""`wanmeter plot`: draws the figures of a run."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Literal, cast

import click

from wanmeter.cli.output import emit_stream
from wanmeter.cli.run import (
    LAYER_IMPL,
    MODEL_DIR,
    OVERRIDES,
    OVERRIDES_HELP,
    chosen_format,
    drawn_backends,
    format_option,
    the_run,
)
from wanmeter.errors import OutputError
from wanmeter.estimation.choosing import DEVICE
from wanmeter.hardware import device
from wanmeter.keys import QUOTES

HELP = f"""Draw what a run costs: where the FLOPs and the bytes go, memory by stage, arithmetic intensity on
rooflines, and how FLOPs grow with frames and resolution. Needs the extra wanmeter[plots].

The figures are flops, memory, bytes, intensity, frames and resolution. Images have no frames to vary.

{OVERRIDES_HELP}
With device=NAME, intensity has the roofline of that device.

Writes one file per figure into a folder, which is created if needed; or, into a .png or .svg file, one figure.
"""

EXAMPLES = """
\b
Examples:
  wanmeter plot model=t2v-14b workload=720p -o figures
  wanmeter plot model=t2v-14b --figure memory -o memory.svg
  wanmeter plot model=t2v-14b device=h100 --figure intensity -o intensity.png
  wanmeter plot --layer-impl both --format svg -o figures
"""


FORMATS = {"png": ".png", "svg": ".svg"}


@click.command("plot", help=HELP, epilog=EXAMPLES)
@OVERRIDES
@MODEL_DIR
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR|FILE",
    help="The folder to write into; or a file, for one figure (`flops`, unless --figure names one).",
)
@LAYER_IMPL
@click.option(
    "--figure",
    "names",
    metavar="NAME",
    multiple=True,
    help="Draw only this figure; may be repeated.",
)
@format_option(FORMATS)
def plot_command(
    overrides: tuple[str, ...],
    model_dir: str | None,
    output: str,
    layer_impl: str | None,
    names: tuple[str, ...],
    layout: str | None,
) -> None:
    """Draw a run."""
    own = [text for text in overrides if text.partition("=")[0].strip() == DEVICE]
    run = the_run([text for text in overrides if text not in own], model_dir)
    on = device(own[-1].partition("=")[2].strip().strip(QUOTES)) if own else None
    from wanmeter.render.figures import FIGURES, draw

    if output in ("", "-"):
        raise OutputError(output or "''", "each figure is a file of its own; name a folder")
    layout = chosen_format(FORMATS, layout, output)
    one_file = Path(output).suffix.lower() in FORMATS.values() and not Path(output).is_dir()
    chosen = tuple(dict.fromkeys(names)) or tuple(FIGURES)[: 1 if one_file else 0]
    if one_file and len(chosen) > 1:
        raise OutputError(output, f"one file for {len(chosen)} figures; name a folder")
    backends = drawn_backends(layer_impl, run)
    figures = list(draw(run, chosen or None, layer_impls=backends, device=on))
    drawn = {
        figure.name: figure.to_bytes(cast(Literal["png", "svg"], layout)) for figure in figures
    }
    if one_file:
        _write([(output, data) for data in drawn.values()])
        return
    folder = _folder(output)
    _write([(str(folder / f"{name}.{layout}"), data) for name, data in drawn.items()])


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
