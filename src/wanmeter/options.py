"""The options of the packaged configuration groups, by name; nothing is composed."""

from importlib import resources


def option_names(group: str) -> tuple[str, ...]:
    """The options of a group (`model`, `transformer`, `workload`), sorted."""
    files = resources.files("wanmeter.configs").joinpath(group).iterdir()
    return tuple(sorted(file.name[:-5] for file in files if file.name.endswith(".yaml")))
