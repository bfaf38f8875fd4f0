"""`wanmeter fit`: what to change so that a run fits a device."""

import click

from wanmeter.cli.output import emit, to_text
from wanmeter.cli.progress import steps
from wanmeter.cli.run import (
    ESTIMATE_OVERRIDES,
    MODEL_DIR,
    OUTPUT,
    TABLE_OR_JSON,
    chosen_format,
    format_option,
    the_model,
)

HELP = """Find the smallest change with which each phase of a run fits a device, as diffusers runs it.

Changes are tried in order of harm: moving weights to the host, which is exact, then tiles in the VAE, fp8 weights, and
fewer frames. OVERRIDES are those of `wanmeter estimate`; device=NAME or --vram says what to fit.
"""

EXAMPLES = """
\b
Examples:
  wanmeter fit model=t2v-14b device=rtx_4090
  wanmeter fit model=t2v-1.3b --vram 8
  wanmeter fit model=t2v-14b workload=480p device=rtx_3090 -o fit.json
"""


@click.command("fit", help=HELP, epilog=EXAMPLES)
@ESTIMATE_OVERRIDES
@MODEL_DIR
@click.option(
    "--vram", type=float, metavar="GIB", help="Memory of the device, as PyTorch reports it."
)
@OUTPUT
@format_option(TABLE_OR_JSON)
def fit_command(
    overrides: tuple[str, ...],
    model_dir: str | None,
    vram: float | None,
    output: str,
    layout: str | None,
) -> None:
    """Fit a run."""
    from wanmeter.estimation.fit import fit
    from wanmeter.estimation.fit_text import render

    layout = chosen_format(TABLE_OR_JSON, layout, output)
    model = the_model(model_dir)
    with steps("Fitting") as starting:
        made = fit(model, overrides=overrides, vram=vram, starting=starting)
    given = [*(["--model-dir", model_dir] if model_dir else []), *overrides]
    emit(made.to_json() if layout == "json" else to_text(render(made, given), output), output)
