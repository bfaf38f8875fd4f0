"""What the commands that cost a run have in common: the overrides, `--model-dir`, `-o`."""

from collections.abc import Sequence

import click

from wanmeter.backends import PACKAGED
from wanmeter.configuring import configure
from wanmeter.models import Run

OVERRIDES_HELP = """
OVERRIDES are Hydra's: GROUP=NAME chooses a packaged model, transformer or workload, and
SECTION.KEY=VALUE sets one value.
"""

OVERRIDES = click.argument("overrides", nargs=-1)

MODEL_DIR = click.option(
    "--model-dir",
    metavar="DIR",
    help="Cost the model whose configuration files are in DIR, official or diffusers layout.",
)

OUTPUT = click.option(
    "-o",
    "--output",
    default="-",
    show_default="standard output",
    metavar="FILE",
    help="The file to write: whole, or not at all.",
)

LAYER_IMPL = click.option(
    "--layer-impl",
    metavar="BACKEND",
    help="The backend to use, or `both` packaged ones; else transformer.layer_impl's.",
)


def chosen_backends(layer_impl: str | None) -> tuple[str, ...]:
    """The backends that `--layer-impl` asks for; none, where it is left out."""
    if layer_impl is None:
        return ()
    return PACKAGED if layer_impl == "both" else (layer_impl,)


def the_run(overrides: Sequence[str], model_dir: str | None) -> Run:
    """The run that the command line describes."""
    if model_dir is None:
        return configure(overrides=overrides)
    from wanmeter.model_folder import load_model_dir

    return configure(load_model_dir(model_dir), overrides=overrides)
