"""`wanmeter verify`: compares a run's numbers with the real models', on this machine."""

import os

import click

from wanmeter.cli.output import emit, to_text
from wanmeter.cli.progress import steps
from wanmeter.cli.run import (
    LAYER_IMPL,
    MODEL_DIR,
    OUTPUT,
    OVERRIDES,
    OVERRIDES_HELP,
    TABLE_OR_JSON,
    chosen_backends,
    chosen_format,
    format_option,
    the_run,
)
from wanmeter.verify import TARGETS, verify
from wanmeter.verify.json_text import to_json
from wanmeter.verify.text import render

HELP = f"""Compare what a run costs with what the real models do: diffusers' and transformers' own modules, on
the meta device, with no weights and no GPU. Needs the extra wanmeter[verify]; `core` does not.

\b
TARGET is one of
  layers         the transformer's modules: FLOPs and parameters
  end2end        the whole run: every stage in all its passes
  core           wanmeter against itself: parents, backends, passes
  text-encoder   the text encoder's modules
  image-encoder  the image encoder's modules
  vae            the VAE's modules, encoding and decoding
  io             bytes moved: a lower bound for an eager run, and the gap
  memory         peak memory: a lower bound for an eager run, and the gap
  execution      profile=diffusers: every kernel and live byte of an eager run
  all            everything

{OVERRIDES_HELP}
Exit code 0 if everything holds; 1 if something fails or could not be compared; 2 for bad usage.
"""

EXAMPLES = """
\b
Examples:
  wanmeter verify all model=t2v-14b workload=720p --layer-impl both
  wanmeter verify layers workload=tiny
  wanmeter verify memory model=i2v-14b -o memory.json
"""


@click.command("verify", help=HELP, epilog=EXAMPLES)
@click.argument("target", type=click.Choice([*TARGETS, "all"]), metavar="TARGET")
@OVERRIDES
@MODEL_DIR
@LAYER_IMPL
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Show every check and what explains them, not only what does not hold.",
)
@OUTPUT
@format_option(TABLE_OR_JSON)
@click.pass_context
def verify_command(
    ctx: click.Context,
    target: str,
    overrides: tuple[str, ...],
    model_dir: str | None,
    layer_impl: str | None,
    every: bool,
    output: str,
    layout: str | None,
) -> None:
    """Verify a run."""
    layout = chosen_format(TABLE_OR_JSON, layout, output)
    run = the_run(overrides, model_dir)
    targets = TARGETS if target == "all" else (target,)
    # Silence the libraries' advice on standard error.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    with steps("Verifying") as starting:
        verification = verify(
            run, targets=targets, layer_impls=chosen_backends(layer_impl), starting=starting
        )
    text = (
        to_json(verification)
        if layout == "json"
        else to_text(render(verification, every=every), output)
    )
    emit(text, output)
    ctx.exit(0 if verification.holds else 1)
