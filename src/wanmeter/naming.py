"""What a model is called: a packaged model's name is kept for the packaged model alone.

A model that differs from the packaged one says so in its name, and so in every caption, page, figure and
file: `wan2_1_t2v_14b with num_layers=30`.
"""

from collections.abc import Mapping
from typing import Any

from attrs import asdict, evolve

from wanmeter.configs import PUBLISHED, model_options, option_names, words
from wanmeter.models import Run

WITH = " with "
MAX_CHANGES = 4
"""Changes that a name lists; it counts the others."""

# What a model is called, and what it only proposes.
_NO_PART = ("name", "num_inference_steps")


def packaged_name(model: Any) -> str | None:
    """The packaged model with the same fields, if there is one; the first whose name says the task."""
    for name, option in model_options().items():
        if f"_{model.task}_" in name and not _changes(model, option):
            return name
    return None


def is_published(name: str, folder: str) -> bool:
    """Whether a folder is called as the packaged model is published: `Wan2.1-T2V-14B-Diffusers`."""
    wanted, given = words(name), words(folder)
    return given[: len(wanted)] == wanted and PUBLISHED.issuperset(given[len(wanted) :])


def named(run: Run, origin: Mapping[str, Any] | None = None) -> Run:
    """The run, its model called by what it started from and what differs.

    That is the packaged model of its name; of any other name, the fields of `origin`.
    """
    name = run.model.name
    base = name.partition(WITH)[0]
    if base in option_names("model"):
        name, origin = base, model_options()[base]
    changes = [] if origin is None else _changes(run.model, origin)
    if len(changes) > MAX_CHANGES + 1:
        changes[MAX_CHANGES:] = [f"{len(changes) - MAX_CHANGES} more changes"]
    if changes:
        name += (", " if WITH in name else WITH) + ", ".join(changes)
    return run if name == run.model.name else evolve(run, model=evolve(run.model, name=name))


def _changes(model: Any, original: Mapping[str, Any]) -> list[str]:
    """The fields that are not as in the original: `num_layers=30`."""
    return [
        f"{key}={_written(value)}"
        for key, value in asdict(model).items()
        if key not in _NO_PART and _written(value) != _written(original[key])
    ]


def _written(value: Any) -> str:
    """A value as an override has it."""
    return str(list(value) if isinstance(value, tuple) else value).replace(" ", "")
