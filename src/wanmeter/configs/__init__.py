"""The packaged configuration groups: the names of their options, and what these say. Does not load Hydra."""

import re
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any, cast

from wanmeter.errors import ConfigError, UnknownNameError

OWNER = "Wan-AI"
"""Who publishes the packaged models on the Hugging Face Hub."""
PUBLISHED = frozenset({"480p", "720p", "diffusers"})
"""What the names of published folders say beside the model."""
WORD = r"[^\W\d_]*\d+[-_.]\d+[^\W_]*|[^\W_]+"
"""A word of a name: letters and digits; two numbers with a mark between them are one, as in `1_3b`."""


def option_names(group: str) -> tuple[str, ...]:
    """Sorted option names of a group: `model`, `transformer`, `workload`, ...

    Raises:
        UnknownNameError: there is no such group.
    """
    if not isinstance(group, str) or group not in _groups():
        raise UnknownNameError("group", group, tuple(_groups()))
    return _groups()[group]


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Every group with its options, sorted."""
    folders = [each for each in resources.files("wanmeter.configs").iterdir() if each.is_dir()]
    return {
        folder.name: tuple(
            sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".yaml"))
        )
        for folder in folders
        if not folder.name.startswith("_")
    }


@cache
def option(group: str, given: str, own: str = "") -> str:
    """The option that a name means: by its words, whatever their case and what is between them.

    `t2v-14b`, `Wan2.1-T2V-14B` and `Wan-AI/Wan2.1-T2V-14B-Diffusers` are `wan2_1_t2v_14b`; `720p` is
    `wan2-1-720p`, which ends so, and not `wan2-1-720p-portrait`. Options whose names begin with `own` go
    before others.

    Raises:
        UnknownNameError: no option has these words.
        ConfigError: several options have them.
    """
    names = option_names(group)
    if given in names:
        return given
    owner, slash, name = given.rpartition("/")
    if slash and owner != OWNER:
        problem = (
            f"{given!r} is no packaged {group}; to cost a folder, use --model-dir or load_model_dir"
        )
        raise ConfigError(group, problem)
    wanted = words(name)
    if group == "model":
        wanted = [word for word in wanted if word not in PUBLISHED]
    has_all = [name for name in names if _in_order(wanted, words(name))]
    has_all = [name for name in has_all if own and name.startswith(f"{own}-")] or has_all
    ends_so = [name for name in has_all if words(name)[-len(wanted) :] == wanted]
    found = ends_so if len(ends_so) == 1 else has_all
    if not wanted or not found:
        raise UnknownNameError(group, given, names)
    if len(found) > 1:
        raise ConfigError(group, f"{given!r} could be {', '.join(found)}")
    return found[0]


def words(text: str) -> list[str]:
    """The words of a name, in small letters; `wan2_1_t2v_1_3b` has those of `Wan2.1-T2V-1.3B`."""
    return [re.sub(r"\W|_", ".", word) for word in re.findall(WORD, text.lower())]


def _in_order(some: list[str], all_words: list[str]) -> bool:
    rest = iter(all_words)
    return all(word in rest for word in some)


def default_option(group: str) -> str:
    """The option of a group that `config.yaml` chooses."""
    return _defaults("config")[group]


def model_options() -> dict[str, dict[str, Any]]:
    """The packaged models by name, each as its file has it; not to be changed."""
    return {name: _file(f"model/{name}.yaml") for name in option_names("model")}


def packaged_sections(overrides: Sequence[str], config: str = "config") -> dict[str, Any] | None:
    """The sections of a configuration, if overrides do no more than choose options: `model=wan2_1_t2v_14b`.

    The same as Hydra composes, which is slow to import and to compose. Names are whole. `None` for anything else,
    and for a group that is chosen twice.
    """
    defaults = _defaults(config)
    chosen = {group: name for group, _, name in (text.partition("=") for text in overrides)}
    known = [group in defaults and name in option_names(group) for group, name in chosen.items()]
    if len(chosen) < len(overrides) or not all(known):
        return None
    options = {group: _file(f"{group}/{name}.yaml") for group, name in (defaults | chosen).items()}
    own = {key: value for key, value in _file(f"{config}.yaml").items() if key != "defaults"}
    return deepcopy({**options, **own})


def _defaults(config: str) -> dict[str, str]:
    """The options that a configuration chooses, by group."""
    groups = [each for each in _file(f"{config}.yaml")["defaults"] if each != "_self_"]
    return {group: name for each in groups for group, name in each.items()}


@cache
def _file(path: str) -> dict[str, Any]:
    """What a packaged file says. It is kept, and not to be changed."""
    from omegaconf import OmegaConf  # slow to import

    text = resources.files("wanmeter.configs").joinpath(path).read_text()
    return cast(dict[str, Any], OmegaConf.to_container(OmegaConf.create(text)))


@cache
def key_meanings() -> dict[str, dict[str, str]]:
    """What each key means, by section."""
    return cast(dict[str, dict[str, str]], _yaml("keys.yaml"))


@cache
def tried_keys() -> dict[str, str]:
    """What to write in the place of words that people try as keys."""
    return cast(dict[str, str], _yaml("tried_keys.yaml"))


def _yaml(name: str) -> object:
    import yaml  # type: ignore[import-untyped]

    return yaml.safe_load(resources.files("wanmeter.configs").joinpath(name).read_text())
