"""The arguments and options that commands share: overrides, `--model-dir`, `-o`, `--layer-impl`."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanmeter.cli.completion import files, folders, known_keys, layer_impls
from wanmeter.cli.completion import overrides as completed
from wanmeter.errors import ConfigError, OutputError

if TYPE_CHECKING:  # slow to import, for a shell that completes a word
    from wanmeter.models import LoadedModel, Run

OVERRIDES_HELP = """
OVERRIDES are in Hydra's syntax: GROUP=NAME chooses a packaged model, transformer or workload, and KEY=VALUE sets one
value. `wanmeter list keys` shows them.
"""

OVERRIDES = click.argument("overrides", nargs=-1, shell_complete=completed(executes=False))

ESTIMATE_OVERRIDES = click.argument("overrides", nargs=-1, shell_complete=completed(executes=True))
"""Those of `wanmeter estimate`: of a device and an execution too."""

MODEL_DIR = click.option(
    "--model-dir",
    metavar="DIR",
    shell_complete=folders,
    help="Read the model from the configuration files in DIR, in the official or diffusers layout.",
)

OUTPUT = click.option(
    "-o",
    "--output",
    default="-",
    show_default="standard output",
    metavar="FILE",
    shell_complete=files,
    help="The file to write, completely or not at all.",
)

TABLE_OR_JSON = {"table": ".txt", "json": ".json"}


def format_option(
    formats: Mapping[str, str],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`--format`, one of these, each with the ending of its files; the first is for standard output."""
    first = next(iter(formats))
    return click.option(
        "--format",
        "layout",
        type=click.Choice(list(formats)),
        show_default=f"by FILE's ending, or {first}",
        help="How to write it.",
    )


def chosen_format(formats: Mapping[str, str], given: str | None, output: str) -> str:
    """The format that the file's ending or `--format` says.

    Raises:
        OutputError: they contradict each other, or only an ending is given, and it names none of these.
    """
    ending = "" if os.path.isdir(output) else Path(output).suffix.lower()
    by_ending = {each: name for name, each in formats.items()}
    wanted = by_ending.get(ending, given)
    if given and wanted != given:
        raise OutputError(output, f"its ending says {wanted}, --format says {given}")
    if ending.strip(".") and wanted is None:
        problem = f"the formats are {', '.join(formats)}, not {ending}; --format chooses one"
        raise OutputError(output, problem)
    return wanted or next(iter(formats))


LAYER_IMPL = click.option(
    "--layer-impl",
    metavar="BACKEND",
    shell_complete=layer_impls,
    help="The backend, or `both` for the packaged ones. Default: transformer.layer_impl.",
)


def chosen_backends(layer_impl: str | None) -> tuple[str, ...]:
    """The backends that `--layer-impl` names; none if it is left out."""
    if layer_impl is None:
        return ()
    from wanmeter.backends import PACKAGED

    return PACKAGED if layer_impl == "both" else (layer_impl,)


def drawn_backends(layer_impl: str | None, run: "Run") -> tuple[str, ...]:
    """The backends to draw over each other: `both` are the packaged ones, after a third party's own."""
    own = run.layer_impl.name
    chosen = chosen_backends(layer_impl)
    return (own, *chosen) if layer_impl == "both" and own not in chosen else chosen


def the_run(overrides: Sequence[str], model_dir: str | None) -> "Run":
    """The run that the command line describes.

    Raises:
        ConfigError: an override is one of an estimate.
    """
    from wanmeter.configuring import configure

    for text in overrides:
        key = text.partition("=")[0].strip()
        if key not in known_keys(executes=False) and key in known_keys():
            raise ConfigError(text, f"a cost has no {key}; `wanmeter estimate` takes it")
    return configure(the_model(model_dir), overrides=overrides)


def the_model(model_dir: str | None) -> "LoadedModel | None":
    """The model in a folder; `None` without one."""
    if model_dir is None:
        return None
    from wanmeter.model_folder import load_model_dir

    return load_model_dir(model_dir)
