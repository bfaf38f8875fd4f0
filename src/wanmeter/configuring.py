"""`configure`: builds a `Run`, for the library and the command line alike."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from math import prod
from typing import Any, TypedDict, Unpack

from attrs import asdict, fields

from wanmeter.backends import LayerBackend
from wanmeter.configs import default_option, model_options, option, packaged_sections
from wanmeter.errors import ConfigError, InvalidValueError, UnknownNameError, shown
from wanmeter.keys import IMAGE_SIZE_KEY, QUOTES, full_overrides, size
from wanmeter.models import (
    COMPONENTS,
    FAMILIES,
    SECTIONS,
    AnyModel,
    ImageEncoderSpec,
    LoadedModel,
    Run,
    TextEncoderSpec,
    TransformerOptions,
    VaeSpec,
    Workload,
)
from wanmeter.models.registry import family_of, model_class
from wanmeter.records import build
from wanmeter.structuring import BACKEND_KEY, STAGES_KEY, plain, structure
from wanmeter.validators import is_int

Model = str | AnyModel | LoadedModel | Run
"""A model as `configure` takes it: a packaged name, a spec, a loaded folder, or a run to start from."""


NULLABLE = tuple(each.name for each in fields(Workload) if each.default is None)
"""Workload fields of which `None` means the model's own."""

VAE_ENCODE = "vae_encode"
"""The stage that runs on images."""


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
    sample_shift: float | None
    high_noise_steps: int | None
    image: bool
    image_size: str | tuple[int, int]


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
            `ModelSpec` or another family's, what `load_model_dir` gives, or a `Run` to start from.
        workload: a packaged workload by name (`wan2-1-720p`, `720p`), or a `Workload`.
        layer_impl: the layer backend, by name (`shared`, `wan2_1`, or one that a package registers),
            or a `LayerBackend`.
        **given: the rest, by keyword. `transformer`, `text_encoder`, `image_encoder` and `vae`: a packaged
            option by name, or an object. `stages`: some of the pipeline's stages, by name. `overrides`:
            texts as on the command line, `["vae.bits=16", "size=1280x720"]`; they change single keys of
            what the arguments choose, and choose what these leave open. Workload fields to replace,
            `num_frames=49`: these, `layer_impl` and `stages` hold over overrides. `image_size`, `(832, 1104)`
            or `"832x1104"`: of the image that the video is made from; with the workload's area it gives
            the video's size, as in the official program.

    Raises:
        UnknownNameError: a name, a key or a field that does not exist.
        InvalidValueError: a value that is not allowed.
        ConfigError: an override that cannot be parsed or applied, or a name that could be several.
    """
    rest: dict[str, Any] = dict(given)
    written = override_texts(rest.pop("overrides", ()))
    chosen_model = _chosen_model(model, written)
    presets = "" if chosen_model is None else family_of(chosen_model).presets(chosen_model)
    texts = full_overrides(written, presets)
    keys = [text.partition("=")[0] for text in texts]
    _check_model_keys(chosen_model, keys)
    stages = rest.pop("stages", None)
    image = rest.pop(IMAGE_SIZE_KEY, _value(IMAGE_SIZE_KEY, written) or None)
    chosen = {"model": model, "workload": workload}
    chosen |= {name: rest.pop(name, None) for name in COMPONENTS}

    objects = _sections(model)
    if isinstance(model, Run):  # a start, of which any part can be chosen anew
        anew = {*keys, *(("vae",) if "model" in keys and model.has_own_vae else ())}
        objects = {name: section for name, section in objects.items() if name not in anew}
    names = {}
    for group, choice in chosen.items():
        if isinstance(choice, str):
            names[group] = option(group, choice, presets if group == "workload" else "")
            objects.pop(group, None)
        elif choice is not None and not (choice is model and objects):
            objects[group] = _fields(group, choice)
    for name in (*names, *objects):
        if name in keys:
            problem = "chosen twice, by an argument and by an override; leave one out"
            raise ConfigError(name, problem)
    # The option that an object's keys are composed with, if it has keys that others have not.
    like = {} if "model" not in objects or "model" in names else _like(chosen_model)

    def composed() -> dict[str, Any]:
        whole = {"model", "workload"} <= objects.keys()  # the other sections have defaults
        packaged = {} if whole and not names and not texts else _packaged(like | names, texts)
        return _with_objects(packaged, objects, keys)

    of = chosen_model
    # Keys may change it. An interpolation is resolved here even if an argument takes its place later.
    if of is None or any("model." in text or "${" in text for text in texts):
        of = _model(_resolved(composed(), texts)["model"])
    if "vae" not in (*names, *objects, *keys):
        objects["vae"] = asdict(family_of(of).vae(of), recurse=False)
    if "workload" not in (*names, *objects, *keys):
        chosen_by = model if isinstance(model, str) else _value("model", written)
        names["workload"] = family_of(of).default_workload(of, chosen_by or of.name)
    sections = composed()
    for name, value in rest.items():
        if value is None and name not in NULLABLE:
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
    if image is not None:
        sections["workload"] |= _size_for(image, of, sections["workload"])
    run = structure(sections, layer_impl=layer_impl, origin=objects.get("model"))
    if image is not None and VAE_ENCODE not in run.family.stages_of(run.model, run.workload):
        raise ConfigError(IMAGE_SIZE_KEY, f"{run.model.name} is given no image in this run")
    return run


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


def _model(fields: Mapping[str, Any]) -> Any:
    """The model of these fields."""
    return build(model_class(fields), fields)


def _size_for(image: object, model: Any, workload: Mapping[str, Any]) -> dict[str, int]:
    """The height and width of the video that a model makes of an image, in the workload's area."""
    shape, area = size(IMAGE_SIZE_KEY, image), (workload["height"], workload["width"])
    if not all(is_int(side) and side > 0 for side in area):
        return {}  # refused where the workload is built
    try:
        made = family_of(model).size_for_image(model, shape, prod(area))
    except ZeroDivisionError:
        made = (0, 0)
    if made is None:
        raise ConfigError(IMAGE_SIZE_KEY, f"{model.name} is given no image")
    if min(made) < 1:
        problem = f"got {shown(image)}; a video of this shape has no whole token across"
        raise ConfigError(IMAGE_SIZE_KEY, problem)
    return dict(zip(("width", "height"), made, strict=True))


def _chosen_model(model: Model | None, overrides: Sequence[str]) -> Any:
    """The model that the arguments and overrides choose, before single keys; `None` if it is no model."""
    given: Any = model.model if isinstance(model, LoadedModel | Run) else model
    if given is None or isinstance(model, Run):
        given = _value("model", overrides) or given
    if given is None:
        given = default_option("model")
    if isinstance(given, str):
        return _model(model_options()[option("model", given)])
    known = isinstance(given, tuple(family.model for family in FAMILIES))
    return given if known else None  # refused where it is built


def _check_model_keys(model: Any, keys: Sequence[str]) -> None:
    """Refuse keys that only models of other families have."""
    if model is None:
        return
    own = [each.name for each in fields(type(model))]
    for key in keys:
        section, _, name = key.partition(".")
        if section == "model" and name and name not in own:
            raise UnknownNameError(f"key of {model.name}", key, tuple(f"model.{n}" for n in own))


def _like(model: Any) -> dict[str, str]:
    """The first packaged option that has the fields of a model, to be composed with."""
    wanted = {} if model is None else asdict(model)
    for name, option_fields in model_options().items():
        if option_fields.keys() == wanted.keys():
            return {"model": name}
    return {}


def _value(key: str, overrides: Sequence[str]) -> str:
    """The text that the overrides set a key to, the last if several do; empty if none does."""
    pairs = (text.partition("=") for text in overrides)
    values = [value.strip().strip(QUOTES) for name, _, value in pairs if name.strip() == key]
    return values[-1] if values else ""


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
    overrides = (*texts, *(f"{group}={name}" for group, name in names.items()))
    return packaged_sections(overrides) or deepcopy(_composed(overrides))


@lru_cache(maxsize=128)
def _composed(overrides: tuple[str, ...]) -> dict[str, Any]:
    # Hydra is slow to import, and a run made of objects or of names does not need it.
    from wanmeter.composition import compose_sections

    return compose_sections(overrides)
