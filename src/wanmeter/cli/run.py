"""The arguments and options that commands share: overrides, `--model-dir`, `-o`, `--layer-impl`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from wanmeter.backends import PACKAGED
from wanmeter.configuring import configure
from wanmeter.errors import OutputError
from wanmeter.models import LoadedModel, Run

OVERRIDES_HELP = """
OVERRIDES are in Hydra's syntax: GROUP=NAME chooses a packaged model, transformer or workload, and KEY=VALUE sets one
value. `wanmeter list keys` shows them.
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

TABLE_OR_JSON = {"table": ".txt", "json": ".json"}

ENDINGS = frozenset(
    {
        *(".csv", ".gz", ".htm", ".html", ".jpeg", ".jpg", ".json", ".md", ".parquet", ".pdf"),
        *(".png", ".py", ".svg", ".tex", ".tsv", ".xlsx", ".yaml", ".yml"),
    }
)
"""Endings that say a format, of this command or another."""


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
    )


def chosen_format(formats: Mapping[str, str], given: str | None, output: str) -> str:
    """The format that the file's ending or `--format` says.

    Raises:
        OutputError: they contradict each other, or the ending says a format that is not among these.
    """
    ending = Path(output).suffix.lower()
    by_ending = {each: name for name, each in formats.items()}
    wanted = by_ending.get(ending, given)
    if given and wanted != given:
        raise OutputError(output, f"its ending says {wanted}, --format says {given}")
    if ending in ENDINGS and ending not in by_ending:
        raise OutputError(output, f"the formats are {', '.join(formats)}, not {ending}")
    return wanted or next(iter(formats))


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


def drawn_backends(layer_impl: str | None, run: Run) -> tuple[str, ...]:
    """The backends to draw over each other: `both` are the packaged ones, after a third party's own."""
    own = run.layer_impl.name
    chosen = chosen_backends(layer_impl)
    return (own, *chosen) if layer_impl == "both" and own not in chosen else chosen


def the_run(overrides: Sequence[str], model_dir: str | None) -> Run:
    """The run that the command line describes."""
    return configure(the_model(model_dir), overrides=overrides)


def the_model(model_dir: str | None) -> LoadedModel | None:
    """The model in a folder; `None` without one."""
    if model_dir is None:
        return None
    from wanmeter.model_folder import load_model_dir

    return load_model_dir(model_dir)
