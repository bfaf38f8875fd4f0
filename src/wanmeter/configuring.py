"""`configure`: builds a `Run`, for the library and the command line alike."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, TypedDict, Unpack

from attrs import asdict

from wanmeter.backends import LayerBackend
from wanmeter.configs import option
from wanmeter.errors import ConfigError, InvalidValueError
from wanmeter.keys import full_overrides
from wanmeter.models import (
    COMPONENTS,
    FAMILIES,
    SECTIONS,
    ImageEncoderSpec,
    LoadedModel,
    ModelSpec,
    Run,
    TextEncoderSpec,
    TransformerOptions,
    VaeSpec,
    Workload,
)
from wanmeter.models.registry import family_of, model_class
from wanmeter.records import build
from wanmeter.structuring import BACKEND_KEY, STAGES_KEY, plain, section_keys, structure

Model = str | ModelSpec | LoadedModel | Run
"""A model as `configure` takes it: a packaged name, a spec, a loaded folder, or a run to start from."""


class Configuration(TypedDict, total=False):
    """The other keyword arguments of `configure`: components, stages, overrides and workload fields."""

    transformer: str | TransformerOptions | None
    text_encoder: str | TextEncoderSpec | None
    image_encoder: str | ImageEncoderSpec | None
    vae: str | VaeSpec | None
    stages: Sequence[str] | None
    overrides: Iterable[str]
    batch_size: int
    num_frames: int
    height: int
    width: int
    num_inference_steps: int
    guidance: bool
    text_len: int
    num_reference_images: int


def configure(
    model: Model | None = None,
    workload: str | Workload | None = None,
    layer_impl: str | LayerBackend | None = None,
    **given: Unpack[Configuration],
) -> Run:
    """Build the run of `workload` on `model`, to be costed, swept, drawn or verified.

    What is left out is as in the packaged configuration, or as in a run that is given.

    Args:
        model: a packaged model by name (`wan2_1_t2v_14b`, `t2v-14b`, `Wan-AI/Wan2.1-T2V-14B`), a
            `ModelSpec`, what `load_model_dir` gives, or a `Run` to start from.
        workload: a packaged workload by name (`wan2-1-720p`, `720p`), or a `Workload`.
        layer_impl: the layer backend, by name (`shared`, `wan2_1`, or one that a package registers),
            or a `LayerBackend`.
        **given: the rest, by keyword. `transformer`, `text_encoder`, `image_encoder` and `vae`: a packaged
            option by name, or an object. `stages`: some of the pipeline's stages, by name. `overrides`:
            texts as on the command line, `["vae.bits=16", "size=1280x720"]`; they change single keys of
            what the arguments choose, and choose what these leave open. Workload fields to replace,
            `num_frames=49`: these, `layer_impl` and `stages` hold over overrides.

    Raises:
        UnknownNameError: a name, a key or a field that does not exist.
        InvalidValueError: a value that is not allowed.
        ConfigError: an override that cannot be parsed or applied, or a name that could be several.
    """
    rest: dict[str, Any] = dict(given)
    written = override_texts(rest.pop("overrides", ()))
    texts = full_overrides(written)
    keys = [text.partition("=")[0] for text in texts]
    stages = rest.pop("stages", None)
    chosen = {"model": model, "workload": workload}
    chosen |= {name: rest.pop(name, None) for name in COMPONENTS}

    objects = _sections(model)
    if isinstance(model, Run):  # a start, of which any part can be chosen anew
        objects = {name: section for name, section in objects.items() if name not in keys}
    names = {}
    for group, choice in chosen.items():
        if isinstance(choice, str):
            names[group] = option(group, choice)
            objects.pop(group, None)
        elif choice is not None and not (choice is model and objects):
            objects[group] = _fields(group, choice)
    for name in (*names, *objects):
        if name in keys:
            problem = "chosen twice, by an argument and by an override; leave one out"
            raise ConfigError(name, problem)
    whole = {"model", "workload"} <= objects.keys()  # the other sections have defaults
    composed = {} if whole and not names and not texts else _packaged(names, texts)
    sections = _with_objects(composed, objects, keys)
    if "workload" not in (*names, *objects, *keys):
        chosen_by = model if isinstance(model, str) else _value("model", written)
        names["workload"] = _default_workload(_resolved(sections, texts)["model"], chosen_by)
        sections = _with_objects(_packaged(names, texts), objects, keys)
    for name, value in rest.items():
        if value is None:  # in a configuration, that is the model's default number of steps
            raise InvalidValueError(
                f"workload.{name}", value, "a value; leave it out for the default"
            )
    sections["workload"] |= rest
    if isinstance(model, Run):
        if STAGES_KEY not in keys:
            sections[STAGES_KEY] = model.stages
        if layer_impl is None and f"transformer.{BACKEND_KEY}" not in keys:
            layer_impl = model.layer_impl
    if stages is not None:
        sections[STAGES_KEY] = stages
    # Interpolations come last: they refer to what was chosen, by whatever argument.
    sections = _resolved(sections, texts)
    return structure(sections, layer_impl=layer_impl, origin=objects.get("model"))


def _resolved(sections: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
    """Sections in which the interpolations of overrides are resolved."""
    interpolated = [text.partition("=")[0] for text in texts if "${" in text]
    if not interpolated:
        return sections
    from wanmeter.composition import resolve

    return resolve(sections, interpolated)


def _with_objects(
    composed: Mapping[str, Any], objects: Mapping[str, Mapping[str, Any]], keys: Sequence[str]
) -> dict[str, Any]:
    """Composed sections, those of objects in their place; of these, overrides replace single keys."""
    sections = dict(composed)
    for name, section in objects.items():
        packaged = composed.get(name, {})
        overridden = {key: packaged[key] for key in packaged if f"{name}.{key}" in keys}
        sections[name] = {**section, **overridden}
    return sections


def _default_workload(fields: Mapping[str, Any], chosen_by: str) -> str:
    """The workload that a model of these fields is made for, by name."""
    model = build(model_class(fields), fields, section_keys("model"))
    return family_of(model).default_workload(model, chosen_by or model.name)


def _value(key: str, overrides: Sequence[str]) -> str:
    """The text that the overrides set a key to; empty if none does."""
    pairs = (text.partition("=") for text in overrides)
    return "".join(value for name, _, value in pairs if name.strip() == key)


def override_texts(overrides: Iterable[str]) -> tuple[str, ...]:
    """Check overrides, and read an iterator once.

    Raises:
        InvalidValueError: they are not a list of strings.
    """
    overrides = plain(overrides, "overrides")
    listed = isinstance(overrides, Iterable) and not isinstance(overrides, str | bytes)
    texts = tuple(overrides) if listed else ()
    if not listed or any(type(text) is not str for text in texts):
        raise InvalidValueError(
            "overrides", overrides, "a list of strings: ['workload.height=480']"
        )
    return texts


def _sections(model: object) -> dict[str, dict[str, Any]]:
    """The sections that a run or a model folder brings along."""
    if not isinstance(model, LoadedModel | Run):
        return {}
    present = (name for name in SECTIONS if hasattr(model, name))
    return {name: asdict(getattr(model, name), recurse=False) for name in present}


def _fields(group: str, choice: object) -> dict[str, Any]:
    """Convert an object to a section."""
    classes = tuple(family.model for family in FAMILIES) if group == "model" else SECTIONS[group]
    if not isinstance(choice, classes):
        raise InvalidValueError(group, choice, f"a name or a {SECTIONS[group].__name__}")
    return asdict(choice, recurse=False)  # type: ignore[arg-type]


def _packaged(names: Mapping[str, str], texts: tuple[str, ...]) -> dict[str, Any]:
    """The configuration of packaged options and override texts."""
    return deepcopy(_composed((*texts, *(f"{group}={name}" for group, name in names.items()))))


@lru_cache(maxsize=128)
def _composed(overrides: tuple[str, ...]) -> dict[str, Any]:
    # Hydra is slow to import, and a run made of objects does not need it.
    from wanmeter.composition import compose_sections

    return compose_sections(overrides)
