"""`wanmeter report`: writes one page that says what a run costs."""

import shlex
import sys
from pathlib import Path

import click

from wanmeter.cli.output import emit
from wanmeter.cli.run import (
    ESTIMATE_OVERRIDES,
    LAYER_IMPL,
    MODEL_DIR,
    OUTPUT,
    OVERRIDES_HELP,
    chosen_format,
    drawn_backends,
    format_option,
    the_model,
    the_run,
)
from wanmeter.errors import DocumentError, InvalidValueError, OutputError, printable
from wanmeter.estimation import Estimate, estimate
from wanmeter.estimation.choosing import executes
from wanmeter.verify.reading import read_verification

HELP = f"""Write one page that says what a run costs: the numbers, the figures, every module, the workload, the
conventions, and the verification. HTML is one self-contained file; Markdown has no figures. Needs the extra
wanmeter[plots].

{OVERRIDES_HELP}
With device=NAME, and profile=NAME or another override of `wanmeter estimate`, the page says how long the run takes
on the device, and whether it fits.
"""

EXAMPLES = """
\b
Examples:
  wanmeter report model=wan2_1_t2v_14b workload=wan2-1-720p -o report.html
  wanmeter report model=t2v-14b device=h100 -o report.html
  wanmeter report --format md -o report.md
  wanmeter verify all --format json -o verification.json
  wanmeter report --verification verification.json -o report.html
"""


FORMATS = {"html": ".html", "md": ".md"}


@click.command("report", help=HELP, epilog=EXAMPLES)
@ESTIMATE_OVERRIDES
@MODEL_DIR
@OUTPUT
@LAYER_IMPL
@click.option(
    "--verification",
    "verification_file",
    metavar="FILE",
    help="A verification of this run, written by `wanmeter verify --format json`.",
)
@format_option(FORMATS)
def report_command(
    overrides: tuple[str, ...],
    model_dir: str | None,
    output: str,
    layer_impl: str | None,
    verification_file: str | None,
    layout: str | None,
) -> None:
    """Report a run."""
    from wanmeter.render.page import Page, page_figures, to_html, to_markdown

    layout = chosen_format(FORMATS, layout, output)
    if layout == "html" and output == "-" and sys.stdout is not None and sys.stdout.isatty():
        raise OutputError(output, "a page is for a browser; write to a file with -o")
    made = _estimated(overrides, model_dir) if any(map(executes, overrides)) else None
    run = made.plan.run if made else the_run(overrides, model_dir)
    layer_impls = drawn_backends(layer_impl, run)
    verification = None
    if verification_file is not None:
        if not verification_file:  # Path("") would be the current folder
            raise DocumentError("--verification", "needs the name of a file")
        verification = read_verification(Path(verification_file), run)
    command = shlex.join(
        [
            "wanmeter",
            "report",
            *overrides,
            *(["--model-dir", model_dir] if model_dir else []),
            *(["--layer-impl", layer_impl] if layer_impl is not None else []),
        ]
    )
    # A path may not be valid UTF-8.
    command = printable(command)
    page = Page.of(
        run, layer_impls=layer_impls, verification=verification, estimate=made, command=command
    )
    if layout == "md":
        emit(to_markdown(page), output)
    else:
        emit(to_html(page, page_figures(page)), output)


def _estimated(overrides: tuple[str, ...], model_dir: str | None) -> Estimate:
    """The estimate on the device that the overrides name.

    Raises:
        InvalidValueError: they name none.
    """
    made = estimate(the_model(model_dir), overrides=overrides)
    if made.device is None:
        allowed = "a device by name (device=h100), where the page is to say how the run is executed"
        raise InvalidValueError("device", None, allowed)
    return made
