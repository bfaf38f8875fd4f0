"""`wanmeter estimate`: what a run takes on a device."""

from typing import Literal, cast

import click

from wanmeter.cli.output import emit, to_text
from wanmeter.cli.run import (
    ESTIMATE_OVERRIDES,
    MODEL_DIR,
    OUTPUT,
    TABLE_OR_JSON,
    chosen_format,
    format_option,
    the_model,
)

HELP = """Estimate how long a run takes on a device, and its memory, phase by phase: does it fit?

OVERRIDES are those of other commands, and in addition device=NAME, profile=NAME, placement=NAME and the keys of
profile, placement and parallel: device=h100, profile=diffusers, ulysses_degree=4. A device may be a file too
(device=my_gpu.yaml). price_per_hour=2.5 says what a GPU costs.
"""

DRAWN = ("png", "svg")

FORMATS = {**TABLE_OR_JSON, "png": ".png", "svg": ".svg"}

FIGURES = ("memory", "time", "roofline", "frames")
"""The figures, those of `ESTIMATE_FIGURES`, which needs matplotlib."""

EXAMPLES = """
\b
Examples:
  wanmeter estimate model=t2v-14b device=h100
  wanmeter estimate model=t2v-14b device=h100 price_per_hour=2.5
  wanmeter estimate model=t2v-14b device=h100 profile.attention=fa2
  wanmeter estimate model=t2v-1.3b device=rtx_4090 profile=diffusers
  wanmeter estimate model=t2v-14b device=a100 ulysses_degree=8
  wanmeter estimate -o estimate.json
  wanmeter estimate model=t2v-14b device=h100 -o memory.svg
  wanmeter estimate model=t2v-14b device=h100 --figure time -o time.svg
"""


@click.command("estimate", help=HELP, epilog=EXAMPLES)
@ESTIMATE_OVERRIDES
@MODEL_DIR
@OUTPUT
@click.option(
    "--figure",
    "name",
    type=click.Choice(FIGURES),
    metavar="NAME",
    show_default="memory",
    help="What to draw, as png or svg: `memory` by phase, `time` by stage, the device's `roofline`, or time and"
    " memory by `frames`. All but memory need a device.",
)
@format_option(FORMATS)
def estimate_command(
    overrides: tuple[str, ...],
    model_dir: str | None,
    output: str,
    name: str | None,
    layout: str | None,
) -> None:
    """Estimate a run."""
    from wanmeter.estimation import estimate
    from wanmeter.estimation.text import render

    layout = chosen_format(FORMATS, layout, output)
    if name is not None and layout not in DRAWN:
        raise click.UsageError(
            f"--figure {name} needs png or svg, not {layout}; name a file with -o"
        )
    model = the_model(model_dir)
    made = estimate(model, overrides=overrides)
    if layout in DRAWN:
        from wanmeter.render.figures.draw_estimate import ESTIMATE_FIGURES

        data = ESTIMATE_FIGURES[name or FIGURES[0]](made).to_bytes(
            cast(Literal["png", "svg"], layout)
        )
        emit(data, output)
        return
    emit(made.to_json() if layout == "json" else to_text(render(made), output), output)
