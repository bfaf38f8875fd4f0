"""The arguments and options that commands share: overrides, `--model-dir`, `-o`, `--layer-impl`."""

from collections.abc import Sequence

import click

from wanmeter.backends import PACKAGED
from wanmeter.configuring import configure
from wanmeter.models import Run

OVERRIDES_HELP = """
OVERRIDES are in Hydra's syntax: GROUP=NAME chooses a packaged model, transformer or workload, and
SECTION.KEY=VALUE sets one value.
"""

OVERRIDES = click.argument("overrides", nargs=-1)

MODEL_DIR = click.option(
    "--model-dir",
    metavar="DIR",
    help="Read the model from the configuration files in DIR, in the official or diffusers layout.",
)

OUTPUT = click.option(
    "-o",
    "--output",
    default="-",
    show_default="standard output",
    metavar="FILE",
    help="The file to write, completely or not at all.",
)

LAYER_IMPL = click.option(
    "--layer-impl",
    metavar="BACKEND",
    help="The backend, or `both` for the packaged ones. Default: transformer.layer_impl.",
)


def chosen_backends(layer_impl: str | None) -> tuple[str, ...]:
    """The backends that `--layer-impl` names; none if it is left out."""
    if layer_impl is None:
        return ()
    return PACKAGED if layer_impl == "both" else (layer_impl,)


def the_run(overrides: Sequence[str], model_dir: str | None) -> Run:
    """The run that the command line describes."""
    if model_dir is None:
        return configure(overrides=overrides)
    from wanmeter.model_folder import load_model_dir

    return configure(load_model_dir(model_dir), overrides=overrides)
