"""What a model is called: a packaged model's name is kept for the packaged model alone.

A model that differs from the packaged one says so in its name, and so in every caption, page, figure and
file: `wan2_1_t2v_14b with num_layers=30`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import asdict, evolve

from wanmeter.configs import PUBLISHED, model_options, option_names, words
from wanmeter.models import Run

WITH = " with "
MORE = " more changes"
MAX_CHANGES = 4
"""Changes that a name lists; it counts the others."""

# What a model is called, and what it only proposes.
_NO_PART = ("name", "num_inference_steps")


def packaged_name(model: Any) -> str | None:
    """The packaged model with the same fields, if there is one; the first whose name says the task."""
    for name, option in model_options().items():
        same = asdict(model).keys() == option.keys()
        if same and f"_{model.task}_" in name and not [*_changes(model, option)]:
            return name
    return None


def is_published(name: str, folder: str) -> bool:
    """Whether a folder is called as the packaged model is published: `Wan2.1-T2V-14B-Diffusers`."""
    wanted, given = words(name), words(folder)
    beside = PUBLISHED - {"480p"}  # of the two sizes, 720p goes without saying
    return given[: len(wanted)] == wanted and beside.issuperset(given[len(wanted) :])


def named(run: Run, origin: Mapping[str, Any] | None = None) -> Run:
    """The run, its model called by what it started from and what differs.

    That is the packaged model of its name; of any other name, the fields of `origin`.
    """
    name, told = _parted(run.model.name)
    if name in option_names("model"):
        origin, told = model_options()[name], {}
    elif origin is None:
        return run
    changes = told | dict(_changes(run.model, origin))
    listed = [f"{key}={value}" for key, value in changes.items()]
    if len(listed) > MAX_CHANGES + 1:
        listed[MAX_CHANGES:] = [f"{len(listed) - MAX_CHANGES}{MORE}"]
    name += WITH + ", ".join(listed) if listed else ""
    return run if name == run.model.name else evolve(run, model=evolve(run.model, name=name))


def _parted(name: str) -> tuple[str, dict[str, str]]:
    """A name, and the changes that `named` told in it."""
    base, _, rest = name.rpartition(WITH)
    told = [change for change in rest.split(", ") if not change.endswith(MORE)]
    changes = [change.partition("=") for change in told]
    if not base or not all(key.isidentifier() and value for key, _, value in changes):
        return name, {}
    return base, {key: value for key, _, value in changes}


def _changes(model: Any, original: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that are not as in the original, with their values."""
    for key, value in asdict(model).items():
        if key not in _NO_PART and _written(value) != _written(original[key]):
            yield key, _written(value)


def _written(value: Any) -> str:
    """A value as an override has it."""
    return str(list(value) if isinstance(value, tuple) else value).replace(" ", "")
