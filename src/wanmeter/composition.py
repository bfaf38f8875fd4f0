"""Overrides to the sections of a configuration, through Hydra and the packaged groups.

Nothing in a configuration is imported, called or interpolated, and an application's own Hydra state is
left as it was found. Only this module imports Hydra; the library's core works without it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, cast

from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser, create_functions
from hydra.core.override_parser.types import Override
from hydra.core.singleton import Singleton
from hydra.core.utils import JobRuntime
from hydra.errors import HydraException
from hydra.version import VersionBase
from omegaconf import OmegaConf
from omegaconf.basecontainer import BaseContainer
from omegaconf.errors import OmegaConfBaseException

from wanmeter.configs import option_names
from wanmeter.errors import ConfigError, UnknownNameError
from wanmeter.models import SECTIONS
from wanmeter.structuring import STAGES_KEY, refused, section_keys

MOST_CHARACTERS = 4096
"""Of an override. The longest that says something has some hundred; the parser takes its time over more."""

NO_FUNCTIONS = "functions are not evaluated"

SWEEPS = ("choice", "range", "interval", "glob")
"""The functions that make a sweep of an override, and do nothing else: it is refused as what it is."""

_lock = Lock()
_RUN_STATE: tuple[type, ...] = (GlobalHydra, HydraConfig, JobRuntime, VersionBase)


def compose_sections(overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The composed configuration, section by section, before it is structured.

    Raises:
        UnknownNameError: a key or group option that does not exist.
        ConfigError: an override that cannot be parsed or applied.
    """
    try:
        for override in overrides:
            _check(override)
        with (
            _own_hydra_state(),
            initialize_config_module("wanmeter.configs", version_base="1.3"),
        ):
            composed = hydra_compose("config", list(overrides))
            sections = OmegaConf.to_container(composed, resolve=False, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise refused(error) from error
    except RecursionError as error:
        raise ConfigError("configuration", "an override nests too deeply") from error
    return cast(dict[str, Any], sections)


def _check(override: str) -> None:
    """Refuse what does not exist, and what a single run has no use for, by name.

    Hydra's own errors name no alternatives.
    """
    if len(override) > MOST_CHARACTERS:
        where = f"{override[:40]}..."
        raise ConfigError(where, f"too long: more than {MOST_CHARACTERS:,} characters")
    if "${" in override:
        raise ConfigError(override, "interpolations are not evaluated")
    called: list[str] = []
    try:
        parsed = _parse(override, called)
    except (HydraException, ValueError) as error:
        problem = "not an override; SECTION.KEY=VALUE or GROUP=NAME is wanted"
        raise ConfigError(override, NO_FUNCTIONS if called else problem) from error
    if parsed.is_delete():
        raise ConfigError(override, "nothing can be deleted")
    if parsed.is_add() or parsed.is_force_add():
        raise ConfigError(override, "nothing can be added; leave out the +")
    if parsed.package is not None:
        raise ConfigError(override, "packages cannot be changed; leave out the @")
    if parsed.is_sweep_override():
        raise ConfigError(override, "one value is wanted, not a sweep")
    if called:
        raise ConfigError(override, NO_FUNCTIONS)
    if parsed.key_or_group in SECTIONS:
        _check_option(parsed)
    elif parsed.key_or_group != STAGES_KEY:
        _check_key(parsed.key_or_group)


def _parse(override: str, called: list[str]) -> Override:
    """An override by Hydra's grammar, and by name what functions it calls, at whatever depth."""
    functions = create_functions()
    evaluate = functions.eval

    def noted(call: Any) -> Any:
        called.append(call.name)
        if call.name not in SWEEPS:
            raise HydraException(NO_FUNCTIONS)
        return evaluate(call)

    functions.eval = noted  # type: ignore[method-assign, assignment]
    return OverridesParser(functions).parse_override(override)


def _check_option(parsed: Override) -> None:
    group, option = parsed.key_or_group, str(parsed.value())
    if option not in option_names(group):
        raise UnknownNameError(group, option, option_names(group))


def _check_key(key: str) -> None:
    section, _, _ = key.partition(".")
    known = [f"{name}.{field}" for name in SECTIONS for field in section_keys(name)]
    if key not in known:
        near = [name for name in known if name.startswith(f"{section}.")]
        raise UnknownNameError("key", key, tuple(near or (*known, *SECTIONS, STAGES_KEY)))


@contextmanager
def _own_hydra_state() -> Iterator[None]:
    """Compose beside whatever Hydra state the application has, and give that back, the same objects.

    Hydra offers copies of its state only (`Singleton.get_state`), and an application may hold on to
    the originals: so what belongs to a run is taken out of the table of singletons, and put back.
    """
    with _lock:  # the table is the whole process's
        instances, resolvers = Singleton._instances, dict(BaseContainer._resolvers)
        theirs = {cls: instances.pop(cls) for cls in _RUN_STATE if cls in instances}
        try:
            yield
        finally:
            for cls in _RUN_STATE:
                instances.pop(cls, None)
            instances.update(theirs)
            BaseContainer._resolvers.clear()
            BaseContainer._resolvers.update(resolvers)
