"""From a composed configuration to a `Run`, strictly: unknown keys and inexact types are errors."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_origin

from attrs import NOTHING, fields

from wanmeter.errors import ConfigError, UnknownNameError
from wanmeter.wan.run import Run
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.workload import Workload

if TYPE_CHECKING:
    from cattrs import Converter

SECTIONS: Mapping[str, type] = {
    "model": ModelSpec,
    "transformer": TransformerOptions,
    "workload": Workload,
}
"""The sections of a configuration, each a Hydra group, and the class that each is structured into."""

BACKEND_KEY = "layer_impl"
"""The key of the transformer section that chooses the backend: a strategy, so no field of its class."""

_T = TypeVar("_T")


def section_keys(section: str) -> tuple[str, ...]:
    """The keys that a section may have."""
    names = tuple(attribute.name for attribute in fields(SECTIONS[section]))
    return (BACKEND_KEY, *names) if section == "transformer" else names


def structure(config: Mapping[Any, Any]) -> Run:
    """The run that a composed configuration describes: a mapping of sections, or a `DictConfig` of them.

    Raises:
        UnknownNameError: an unknown key or backend.
        InvalidValueError: a value of the wrong type, or one that is not allowed; nothing is coerced.
        ConfigError: a missing section or key.
    """
    sections = _plain(config)
    _check_keys("configuration", sections, known=SECTIONS, required=SECTIONS)
    transformer = dict(_section(sections, "transformer"))
    layer_impl = transformer.pop(BACKEND_KEY, "shared")
    if not isinstance(layer_impl, str):
        raise ConfigError(f"transformer.{BACKEND_KEY}", f"got {layer_impl!r}; allowed: a name")
    model = _structure(_section(sections, "model"), ModelSpec)
    workload = dict(_section(sections, "workload"))
    if workload.get("num_inference_steps") is None:
        workload["num_inference_steps"] = model.num_inference_steps
    return Run(
        model=model,
        transformer=_structure(transformer, TransformerOptions),
        workload=_structure(workload, Workload),
        layer_impl=layer_impl,
    )


def _plain(config: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A `DictConfig` as plain containers; anything else as it is."""
    if type(config).__module__.startswith("omegaconf"):
        from omegaconf import OmegaConf  # loaded already, by whoever made the DictConfig

        return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
    return config


def _section(sections: Mapping[Any, Any], name: str) -> Mapping[Any, Any]:
    section = sections[name]
    if not isinstance(section, Mapping):
        raise ConfigError(name, f"got {section!r}; allowed: a mapping of keys to values")
    return section


def _structure(values: Mapping[Any, Any], cls: type[_T]) -> _T:
    attributes = fields(cls)  # type: ignore[arg-type]
    _check_keys(
        cls.SECTION,  # type: ignore[attr-defined]
        values,
        known=[attribute.name for attribute in attributes],
        required=[attribute.name for attribute in attributes if attribute.default is NOTHING],
    )
    return _converter().structure(values, cls)


def _check_keys(
    section: str, values: Mapping[Any, Any], *, known: Iterable[str], required: Iterable[str]
) -> None:
    known = tuple(known)
    for key in values:
        if key not in known:
            raise UnknownNameError(f"key in {section}", str(key), known)
    for key in required:
        if key not in values:
            raise ConfigError(f"{section}.{key}", "missing")


@cache
def _converter() -> "Converter":
    from cattrs import Converter  # slow to import, and needed only here

    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    # By default cattrs turns "12" into 12 and 1.9 into 1. Values pass untouched instead: the classes'
    # own validators refuse what is not exactly right, here as everywhere.
    for exact in (int, bool, str, float):
        converter.register_structure_hook(exact, _untouched)
    converter.register_structure_hook_func(_is_literal, _untouched)
    return converter


def _is_literal(type_: Any) -> bool:
    origin: Any = get_origin(type_)
    return origin is Literal


def _untouched(value: Any, _: Any) -> Any:
    return value
