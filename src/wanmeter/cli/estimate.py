"""`wanmeter estimate`: what a run takes on a device."""

from typing import Literal, cast

import click

from wanmeter.cli.output import emit, emit_stream, to_text
from wanmeter.cli.run import (
    MODEL_DIR,
    OUTPUT,
    OVERRIDES,
    TABLE_OR_JSON,
    chosen_format,
    format_option,
)

HELP = """Estimate the memory of a run, phase by phase, and whether it fits a device.

OVERRIDES are those of other commands, and in addition device=NAME, profile=NAME, placement=NAME and the keys of
profile, placement and parallel: device=h100, profile=diffusers, ulysses_degree=4.
"""

FORMATS = {**TABLE_OR_JSON, "png": ".png", "svg": ".svg"}

EXAMPLES = """
\b
Examples:
  wanmeter estimate model=t2v-14b device=h100
  wanmeter estimate model=t2v-1.3b device=rtx_4090 profile=diffusers
  wanmeter estimate model=t2v-14b device=a100 ulysses_degree=8
  wanmeter estimate -o estimate.json
  wanmeter estimate model=t2v-14b device=h100 -o memory.svg
"""


@click.command("estimate", help=HELP, short_help="Estimate the memory of a run.", epilog=EXAMPLES)
@OVERRIDES
@MODEL_DIR
@OUTPUT
@format_option(FORMATS)
def estimate_command(
    overrides: tuple[str, ...], model_dir: str | None, output: str, layout: str | None
) -> None:
    """Estimate a run."""
    from wanmeter.estimation import estimate
    from wanmeter.estimation.text import render
    from wanmeter.model_folder import load_model_dir

    layout = chosen_format(FORMATS, layout, output)
    model = None if model_dir is None else load_model_dir(model_dir)
    made = estimate(model, overrides=overrides)
    if layout in ("png", "svg"):
        from wanmeter.render.figures.memory_by_phase import memory_by_phase

        data = memory_by_phase(made).to_bytes(cast(Literal["png", "svg"], layout))
        emit_stream(lambda file: file.write(data), output)
        return
    emit(made.to_json() if layout == "json" else to_text(render(made)), output)
