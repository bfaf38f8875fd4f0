"""The options of the packaged configuration groups, by name; nothing is composed."""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from wanmeter.errors import UnknownNameError


@cache
def option_names(group: str) -> tuple[str, ...]:
    """The options of a group (`model`, `transformer`, `workload`, ...), sorted.

    Raises:
        UnknownNameError: there is no such group.
    """
    root = resources.files("wanmeter.configs")
    if type(group) is not str or not _is_group(root, group):
        known = (each.name for each in root.iterdir() if _is_group(root, each.name))
        raise UnknownNameError("group", group, tuple(known))
    files = root.joinpath(group).iterdir()
    return tuple(sorted(file.name[:-5] for file in files if file.name.endswith(".yaml")))


@cache
def model_options() -> dict[str, dict[str, Any]]:
    """The packaged models by name, each as its file has it."""
    from omegaconf import OmegaConf  # slow to import

    folder = resources.files("wanmeter.configs").joinpath("model")
    texts = {name: folder.joinpath(f"{name}.yaml").read_text() for name in option_names("model")}
    return {name: dict(OmegaConf.create(text)) for name, text in texts.items()}


def _is_group(root: Traversable, name: str) -> bool:
    return name.isidentifier() and not name.startswith("_") and root.joinpath(name).is_dir()
