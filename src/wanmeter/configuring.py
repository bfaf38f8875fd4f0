"""`configure`: the one door to a `Run`, for the library and the command line."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, TypedDict

from attrs import asdict

from wanmeter.backends import LayerBackend
from wanmeter.configs import option_names
from wanmeter.errors import ConfigError, InvalidValueError, UnknownNameError
from wanmeter.models import (
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
from wanmeter.structuring import BACKEND_KEY, STAGES_KEY, plain, structure

Model = str | ModelSpec | LoadedModel | Run
"""What a run can be made of: a packaged model by name, a model, a model folder's, or a run."""


class Configuration(TypedDict, total=False):
    """The keyword arguments of `configure`, which says what they are."""

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
    *,
    transformer: str | TransformerOptions | None = None,
    text_encoder: str | TextEncoderSpec | None = None,
    image_encoder: str | ImageEncoderSpec | None = None,
    vae: str | VaeSpec | None = None,
    stages: Sequence[str] | None = None,
    overrides: Iterable[str] = (),
    **fields: int | bool,
) -> Run:
    """The run of `workload` on `model`: what is costed, swept, drawn and verified.

    What is left out is as the packaged configuration has it, or as a run that is given has it.

    Args:
        model: a packaged model by name (`wan2_1_t2v_14b`), a `ModelSpec`, what `load_model_dir` gives, or
            a `Run` to start from.
        workload: a packaged workload by name (`wan2-1-720p`), or a `Workload`.
        layer_impl: the layer backend, by name (`shared`, `wan2_1`, or one that a package registers),
            or a `LayerBackend`.
        transformer: how the transformer is read: a packaged option by name, or `TransformerOptions`.
        text_encoder: a packaged one by name, or a `TextEncoderSpec`.
        image_encoder: a packaged one by name, or an `ImageEncoderSpec`.
        vae: a packaged one by name, or a `VaeSpec`.
        stages: some of the pipeline's stages, by name; all of them if left out.
        overrides: texts as the command line takes them: `["vae.bits=16", "workload=wan2-1-720p"]`. They
            change single keys of what the arguments above choose, and choose what these leave open; of a
            run that is given they can choose anything anew.
        fields: workload fields to replace: `num_frames=49`; like `layer_impl` and `stages`, they hold
            over overrides. `num_inference_steps` left out means the workload's own; where that has none,
            the model's default.

    Raises:
        UnknownNameError: a name, a key or a field that does not exist.
        InvalidValueError: a value that is not allowed.
        ConfigError: an override that cannot be parsed or applied.
    """
    texts = _texts(overrides)
    keys = {text.partition("=")[0].strip() for text in texts}
    given = _given(model)
    chosen = {
        "model": model,
        "workload": workload,
        "transformer": transformer,
        "text_encoder": text_encoder,
        "image_encoder": image_encoder,
        "vae": vae,
    }
    names = {group: name for group, name in chosen.items() if type(name) is str}
    if isinstance(model, Run):  # a start, of which any part can be chosen anew
        given = {name: section for name, section in given.items() if name not in keys}
    for group, choice in chosen.items():
        if group in names:
            given.pop(group, None)
        elif choice is not None and not (choice is model and given):
            given[group] = _fields(group, choice)
    for name in (*names, *given):
        if name in keys:
            problem = "chosen twice, once by an override; leave one of them out"
            raise ConfigError(name, problem)
    sections = _packaged(names, texts) if names or texts or not _is_whole(given) else {}
    for name, section in given.items():
        overridden = {
            key: value for key, value in sections.get(name, {}).items() if f"{name}.{key}" in keys
        }
        sections[name] = {**section, **overridden}
    for name, value in fields.items():
        if value is None:  # in a configuration, that is the model's default number of steps
            raise InvalidValueError(f"workload.{name}", value, "a value, or left out")
    sections["workload"] |= fields
    if isinstance(model, Run):
        if STAGES_KEY not in keys:
            sections[STAGES_KEY] = model.stages
        if layer_impl is None and f"transformer.{BACKEND_KEY}" not in keys:
            layer_impl = model.layer_impl
    if stages is not None:
        sections[STAGES_KEY] = stages
    if interpolated := [text.partition("=")[0].strip() for text in texts if "${" in text]:
        # Last: they refer to what was chosen, by whatever argument.
        from wanmeter.composition import resolve

        sections = resolve(sections, interpolated)
    return structure(sections, layer_impl=layer_impl, origin=given.get("model"))


def _texts(overrides: Iterable[str]) -> tuple[str, ...]:
    """Overrides, gone through once, whatever they come in."""
    overrides = plain(overrides, "overrides")
    listed = isinstance(overrides, Iterable) and not isinstance(overrides, str | bytes)
    texts = tuple(overrides) if listed else ()
    if not listed or any(type(text) is not str for text in texts):
        raise InvalidValueError("overrides", overrides, "a list of texts: ['workload.height=480']")
    return texts


def _given(model: object) -> dict[str, dict[str, Any]]:
    """The sections that a run or a model folder brings along."""
    if not isinstance(model, LoadedModel | Run):
        return {}
    present = (name for name in SECTIONS if hasattr(model, name))
    return {name: asdict(getattr(model, name), recurse=False) for name in present}


def _fields(group: str, choice: object) -> dict[str, Any]:
    """A section from an object."""
    classes = tuple(family.model for family in FAMILIES) if group == "model" else SECTIONS[group]
    if not isinstance(choice, classes):
        raise InvalidValueError(group, choice, f"a name or a {SECTIONS[group].__name__}")
    return asdict(choice, recurse=False)  # type: ignore[arg-type]


def _is_whole(given: Mapping[str, Any]) -> bool:
    """Whether nothing packaged is needed: the other sections have defaults."""
    return {"model", "workload"} <= given.keys()


def _packaged(names: Mapping[str, str], texts: tuple[str, ...]) -> dict[str, Any]:
    """The configuration of packaged options and override texts."""
    for group, name in names.items():
        if name not in option_names(group):
            raise UnknownNameError(group, name, option_names(group))
    return deepcopy(_composed((*texts, *(f"{group}={name}" for group, name in names.items()))))


@lru_cache(maxsize=128)
def _composed(overrides: tuple[str, ...]) -> dict[str, Any]:
    # Hydra is slow to import, and a run of objects does without.
    from wanmeter.composition import compose_sections

    return compose_sections(overrides)
