"""`meter`: the cost of a run, in one call; `configure`: the run alone."""

from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from attrs import asdict, evolve

from wanmeter.backends import LayerBackend
from wanmeter.config import SECTIONS, structure
from wanmeter.errors import InvalidValueError, UnknownNameError
from wanmeter.model_dir import LoadedModel
from wanmeter.options import option_names
from wanmeter.report.report import Report
from wanmeter.wan.run import Run
from wanmeter.wan.specs import ModelSpec, TransformerOptions
from wanmeter.wan.workload import Workload


def meter(
    model: str | ModelSpec | LoadedModel,
    workload: str | Workload = "wan2-1-480p",
    layer_impl: str | LayerBackend = "shared",
    *,
    transformer: str | TransformerOptions = "wan2_1_dit",
    stages: Sequence[str] | None = None,
    **overrides: int | bool,
) -> Report:
    """The cost of running `workload` on `model`, module by module.

    Takes what `configure` takes, and raises what it raises.
    """
    run = configure(
        model, workload, layer_impl, transformer=transformer, stages=stages, **overrides
    )
    return Report.of(run)


def configure(
    model: str | ModelSpec | LoadedModel,
    workload: str | Workload = "wan2-1-480p",
    layer_impl: str | LayerBackend = "shared",
    *,
    transformer: str | TransformerOptions = "wan2_1_dit",
    stages: Sequence[str] | None = None,
    **overrides: int | bool,
) -> Run:
    """The run of `workload` on `model`: what `meter` costs, and `wanmeter.verify.verify` verifies.

    Args:
        model: a packaged model by name (`wan2_1_t2v_14b`), a `ModelSpec`, or what `load_model_dir` gives.
        workload: a packaged workload by name (`wan2-1-720p`), or a `Workload`.
        layer_impl: the layer backend, by name (`shared`, `wan2_1`, or one that a package registers),
            or a `LayerBackend`.
        transformer: how the transformer is read: a packaged option by name, or `TransformerOptions`.
        stages: some of the pipeline's stages, by name; all of them if left out.
        overrides: workload fields to replace: `num_frames=49`. `num_inference_steps` left out means
            the workload's own; where that has none, the model's default.

    Raises:
        UnknownNameError: a name or an override that does not exist.
        InvalidValueError: a value that is not allowed.
    """
    sections = _sections(
        model=model.model if isinstance(model, LoadedModel) else model,
        transformer=transformer,
        workload=workload,
    )
    if isinstance(model, LoadedModel):
        sections |= asdict(model)
    for name, value in overrides.items():
        if value is None:  # in a configuration, that is the model's default number of steps
            raise InvalidValueError(f"workload.{name}", value, "a value, or left out")
    sections["workload"] |= overrides
    run = structure(sections)
    return evolve(run, stages=stages, layer_impl=layer_impl)


def _sections(**chosen: str | ModelSpec | TransformerOptions | Workload) -> dict[str, Any]:
    """The configuration of packaged options, by name, and of objects, by their fields."""
    names = {group: choice for group, choice in chosen.items() if type(choice) is str}
    for group, name in names.items():
        if name not in option_names(group):
            raise UnknownNameError(group, name, option_names(group))
    sections = deepcopy(_composed(**names)) if names else {}
    for group, choice in chosen.items():
        if group in names:
            continue
        if isinstance(choice, str) or not isinstance(choice, SECTIONS[group]):
            allowed = f"a name or a {SECTIONS[group].__name__}"
            raise InvalidValueError(group, choice, allowed)
        sections[group] = asdict(choice)
    return sections


@cache
def _composed(**names: str) -> dict[str, Any]:
    # Hydra is slow to import, and nothing but a packaged name needs it.
    from wanmeter.composition import compose_sections

    return compose_sections([f"{group}={name}" for group, name in names.items()])
