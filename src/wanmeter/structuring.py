"""Builds a `Run` from a composed configuration. Unknown keys and inexact types are errors."""

from collections.abc import Mapping
from typing import Any

from attrs import fields

from wanmeter.backends import LayerBackend
from wanmeter.errors import ConfigError, UnknownNameError, shown
from wanmeter.models import COMPONENTS, FAMILIES, SECTIONS, Run
from wanmeter.models.registry import model_class
from wanmeter.naming import named
from wanmeter.records import build

BACKEND_KEY = "layer_impl"
"""Key of the transformer section that names the backend. It is not a field of `TransformerOptions`."""

STAGES_KEY = "stages"
"""Top-level key that restricts a run to some stages."""


def section_keys(section: str) -> tuple[str, ...]:
    """Keys allowed in a section."""
    classes = [family.model for family in FAMILIES] if section == "model" else [SECTIONS[section]]
    names = dict.fromkeys(attribute.name for cls in classes for attribute in fields(cls))
    return (BACKEND_KEY, *names) if section == "transformer" else tuple(names)


def structure(
    config: Mapping[Any, Any],
    *,
    layer_impl: str | LayerBackend | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Run:
    """The run that a composed configuration describes: a mapping of sections, or a `DictConfig` of them.

    Interpolations of a `DictConfig` are resolved; texts in a plain mapping are texts.
    A `layer_impl` that is given stands in the place of the configuration's. A model that differs from the
    packaged one of its name, or else from the fields of `origin`, says so in its name.

    Raises:
        UnknownNameError: an unknown key or backend.
        InvalidValueError: a value that is of the wrong type or not allowed; nothing is coerced.
        ConfigError: a missing section or key.
    """
    sections = plain(config, "configuration")
    if not isinstance(sections, Mapping):
        raise ConfigError("configuration", f"got {shown(sections)}; allowed: a mapping of sections")
    known = (*SECTIONS, STAGES_KEY)
    for name in sections:
        if name not in known:
            raise UnknownNameError("key in configuration", name, known)
    for name in ("model", "workload"):
        if name not in sections:
            raise ConfigError(f"configuration.{name}", "missing")
    given = {name: plain_section(sections, name) for name in SECTIONS if name in sections}
    backend = given.get("transformer", {}).pop(BACKEND_KEY, "shared")
    if not isinstance(backend, str):
        raise ConfigError(f"transformer.{BACKEND_KEY}", f"got {shown(backend)}; allowed: a name")
    model = build(model_class(given["model"]), given["model"])
    if given["workload"].get("num_inference_steps") is None:
        given["workload"]["num_inference_steps"] = model.num_inference_steps
    parts: dict[str, Any] = {
        name: build(SECTIONS[name], given[name], section_keys(name))
        for name in (*COMPONENTS, "workload")
        if name in given
    }
    run = Run(
        model=model,
        stages=plain(sections.get(STAGES_KEY), STAGES_KEY),
        layer_impl=backend if layer_impl is None else layer_impl,
        **parts,
    )
    return named(run, origin)


def plain(value: Any, where: str) -> Any:
    """Convert an OmegaConf container to a plain one, resolved; return anything else as it is."""
    if not any(cls.__module__.startswith("omegaconf") for cls in type(value).__mro__):
        return value
    # Already imported: the caller has made a container with it.
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    if not OmegaConf.is_config(value):  # a bare value node, which no field accepts
        return value
    try:
        return OmegaConf.to_container(value, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise refused(error, where) from error
    except RecursionError as error:
        raise ConfigError(where, "nests too deeply") from error


def refused(error: Exception, where: str = "configuration") -> ConfigError:
    """Convert an error of Hydra or OmegaConf to one line that names the key, if it is known."""
    key = getattr(error, "full_key", None)
    return ConfigError(f"{where}.{key}" if key else where, str(error).partition("\n")[0])


def plain_section(sections: Mapping[Any, Any], name: str) -> dict[Any, Any]:
    """Convert a section to a plain dict."""
    section = plain(sections[name], name)
    if not isinstance(section, Mapping):
        raise ConfigError(name, f"got {shown(section)}; allowed: a mapping of keys to values")
    return {key: plain(value, f"{name}.{_name(key)}") for key, value in section.items()}


def _name(key: object) -> str:
    """How an error shows a key."""
    return key if isinstance(key, str) else shown(key)
