"""Composes the packaged configuration groups and overrides with Hydra.

Interpolations and functions in overrides work as in any Hydra application. Nothing is instantiated.
Only this module imports Hydra; the rest of the library works without it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import Any, cast

from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType, QuotedString, ValueType
from hydra.core.utils import JobRuntime
from hydra.errors import HydraException
from hydra.version import VersionBase
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wanmeter.errors import ConfigError, shortened
from wanmeter.keys import IMAGE_SIZE_KEY, SIDES, SIZE_KEY, full_key, meant, size
from wanmeter.models.workload import VARIED
from wanmeter.structuring import plain, refused

MAX_CHARACTERS = 4096
"""Longest override accepted, in characters. Hydra's parser takes 10 seconds for 50,000 brackets."""

MAX_VALUES = 10**6
"""Most values of a sweep of one key."""

LISTED = (ValueType.CHOICE_SWEEP, ValueType.SIMPLE_CHOICE_SWEEP, ValueType.RANGE_SWEEP)
"""Sweeps whose values are known from the override alone."""

WANTED = "write SECTION.KEY=VALUE or GROUP=NAME"

SWEPT = {"config": "this is a sweep; give one value, or use `wanmeter sweep`"}
"""What to do about several values, by the configuration that they are in."""

ONE_EXECUTION = "several values; an estimate has one execution, and so has a sweep: give one value"

_lock = Lock()


def compose_sections(
    overrides: Sequence[str] = (),
    config: str = "config",
    known: Callable[[str], object] = full_key,
) -> dict[str, Any]:
    """Compose a packaged configuration, section by section, without resolving interpolations.

    `known` refuses a key that the configuration does not have.

    Raises:
        ConfigError: an override that cannot be parsed or applied.
    """
    with _refusals():
        for override in overrides:
            if _parsed(override, known).is_sweep_override():
                raise ConfigError(override, SWEPT.get(config, ONE_EXECUTION))
        with _hydra():
            composed = hydra_compose(config, list(overrides))
        sections = OmegaConf.to_container(composed, resolve=False, throw_on_missing=True)
    return cast(dict[str, Any], sections)


def split_sweeps(overrides: Iterable[str]) -> tuple[dict[str, list[Any]], tuple[str, ...]]:
    """The workload fields that overrides vary, with their values, and the overrides that vary nothing.

    Sweeps are Hydra's: `num_frames=range(5,165,4)`, `guidance=true,false`, `size=832x480,1280x720`.

    Raises:
        UnknownNameError: a key that does not exist.
        ConfigError: an override that cannot be parsed, or a sweep of something other than the workload.
    """
    axes: dict[str, list[Any]] = {}
    single = []
    for text in overrides:
        with _refusals():
            parsed = _parsed(text)
            if not parsed.is_sweep_override():
                single.append(text)
                continue
            if parsed.value_type not in LISTED:
                raise ConfigError(text, "write values with commas between, or a range")
            values = list(islice(parsed.sweep_iterator(transformer=_as_it_is), MAX_VALUES + 1))
            if len(values) > MAX_VALUES:
                raise ConfigError(text, f"more than {MAX_VALUES:,} values")
        key = parsed.key_or_group
        if key == IMAGE_SIZE_KEY:
            raise ConfigError(key, "cannot be swept; sweep size")
        name = key if key == SIZE_KEY else full_key(key)
        section, _, field = name.rpartition(".")
        if name != SIZE_KEY and section != "workload":
            raise ConfigError(key, "only keys of the workload can be swept")
        if section == "workload" and field not in VARIED:
            raise ConfigError(key, "cannot be swept; give one value")
        if field in axes:
            raise ConfigError(key, "varied twice; give all values at once")
        axes[field] = (
            [size(SIZE_KEY, str(value)) for value in values] if name == SIZE_KEY else values
        )
    varied = {"width", "height"} if SIZE_KEY in axes else set()
    varied = {f"workload.{field}" for field in varied | axes.keys()}
    for text in single:
        key = text.partition("=")[0].strip()
        names = SIDES if key == SIZE_KEY else (key,) if key == IMAGE_SIZE_KEY else (full_key(key),)
        for name in varied.intersection(names):
            raise ConfigError(name, "both varied and set; leave one out")
    return axes, tuple(single)


def _as_it_is(value: Any) -> Any:
    return value.text if isinstance(value, QuotedString) else value


def resolve(sections: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Resolve the interpolations of `keys`, and no others.

    Raises:
        ConfigError: an interpolation that cannot be resolved.
    """
    with _refusals():
        config = OmegaConf.create(sections)
        for key in keys:
            OmegaConf.update(config, key, plain(OmegaConf.select(config, key), "configuration"))
        return cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))


@contextmanager
def _refusals() -> Iterator[None]:
    """Re-raise errors of Hydra and OmegaConf as `ConfigError`."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise refused(error) from error
    except RecursionError as error:
        raise ConfigError("configuration", "an override nests too deeply") from error


def _parsed(override: str, known: Callable[[str], object] = full_key) -> Override:
    """An override that sets a key or chooses an option; anything else is refused."""
    if len(override) > MAX_CHARACTERS:
        where = f"{override[:40]}..."
        raise ConfigError(where, f"too long: more than {MAX_CHARACTERS:,} characters")
    try:
        parsed = OverridesParser.create().parse_override(override)
    except AttributeError as error:
        if __debug__:
            raise
        # Hydra 1.3 advances in `assert` statements, which `python -O` leaves out.
        problem = "Hydra cannot parse functions and dicts under `python -O`; run Python without it"
        raise ConfigError(override, problem) from error
    except (HydraException, ValueError) as error:
        if "=" not in override:
            raise ConfigError(override, _without_equals(override)) from error
        reason = shortened(str(error).partition("\n")[0], 200)
        raise ConfigError(override, f"not a valid override ({reason}); {WANTED}") from error
    if parsed.type is not OverrideType.CHANGE or parsed.package is not None:
        raise ConfigError(override, f"{WANTED}, without +, ~ or @")
    if parsed.key_or_group not in (SIZE_KEY, IMAGE_SIZE_KEY):
        known(parsed.key_or_group)  # refuses a key that does not exist
    return parsed


def _without_equals(word: str) -> str:
    """What to write in the place of a word that sets nothing."""
    if (whole := meant(word)) is not None:
        return f"write {whole}"
    folder = "to cost a folder, use --model-dir or load_model_dir"
    return f"not a valid override; {folder if '/' in word else WANTED}"


@contextmanager
def _hydra() -> Iterator[None]:
    """Initialise Hydra on the packaged groups, even inside an application that uses Hydra itself.

    Hydra's own context manager refuses that, and restores neither the job's name nor the version base.
    """
    with _lock:  # Hydra's state is global
        theirs, job, base = GlobalHydra.instance(), JobRuntime.instance(), VersionBase.instance()
        hydra, name, version = theirs.hydra, job.get("name"), base.version_base
        theirs.clear()
        try:
            with initialize_config_module("wanmeter.configs", version_base="1.3"):
                yield
        finally:
            GlobalHydra.set_instance(theirs)
            theirs.hydra, base.version_base = hydra, version
            job.set("name", name)
