"""The options of the packaged configuration groups, by name; nothing is composed."""

from importlib import resources

from wanmeter.errors import UnknownNameError


def option_names(group: str) -> tuple[str, ...]:
    """The options of a group (`model`, `transformer`, `workload`, ...), sorted.

    Raises:
        UnknownNameError: there is no such group.
    """
    groups = {
        folder.name: folder
        for folder in resources.files("wanmeter.configs").iterdir()
        if folder.is_dir() and not folder.name.startswith("_")
    }
    if type(group) is not str or group not in groups:
        raise UnknownNameError("group", group, tuple(groups))
    files = groups[group].iterdir()
    return tuple(sorted(file.name[:-5] for file in files if file.name.endswith(".yaml")))
