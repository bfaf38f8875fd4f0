"""A run in one line, as tables and figures show it."""

from collections.abc import Sequence

from attrs import asdict

from wanmeter.models import AnyModel, TransformerOptions, Workload
from wanmeter.models.element_sizes import Component, resolved
from wanmeter.models.registry import family_of
from wanmeter.report.components import Components
from wanmeter.units import counted


def caption(
    model: AnyModel, workload: Workload, components: Components, stages: Sequence[str]
) -> str:
    """The model and the workload: `wan2_1_t2v_14b: 1 x 1280x720, 81 frames, 50 steps with guidance`.

    Of two experts, the steps of each are told: `40 steps (26 + 14)`.

    Component settings that are not the default follow, and the stages if not all are costed.
    """
    guidance = "with guidance" if workload.guidance else "without guidance"
    frames = counted(workload.num_frames, "frame")
    steps = counted(workload.num_inference_steps, "step")
    high = family_of(model).scheduled(model, workload).high_noise_steps
    if high is not None:
        steps += f" ({high} + {workload.num_inference_steps - high})"
    shift = "" if workload.sample_shift is None else f", shift {workload.sample_shift:g}"
    image = ", from an image" if workload.image else ""
    images = workload.num_reference_images
    references = f" and {counted(images, 'reference image')}" if images else ""
    text = "" if workload.text_len == _TEXT_LEN else f", {counted(workload.text_len, 'text token')}"
    told = [
        f"{model.name}: {workload.batch_size} x {workload.width}x{workload.height},"
        f" {frames}{references}, {steps} {guidance}{shift}{image}{text}",
        *particulars(model, workload, components, stages),
    ]
    return "; ".join(told)


def particulars(
    model: AnyModel, workload: Workload, components: Components, stages: Sequence[str]
) -> list[str]:
    """What is not as by default: settings of components, and the stages if they are not all."""
    told = _unusual(model, components)
    if set(stages) != set(family_of(model).stages_of(model, workload)):
        told.append(f"{', '.join(stages)} only")
    return told


_TEXT_LEN = 512
"""The usual number of text tokens, which the caption leaves out."""


def _unusual(model: AnyModel, components: Components) -> list[str]:
    """Component settings that differ from the model's default."""
    family = family_of(model)
    transformer = TransformerOptions(time_embedding=family.time_embedding(model))
    usual: dict[str, Component] = {"vae": family.vae(model), "transformer": transformer}
    return [
        f"{name}.{key}={'mixed' if value is None and key in ('bits', 'weight_bits') else value}"
        for name, spec in components
        for key, value in asdict(spec).items()
        if value != getattr(resolved(usual.get(name, type(spec)())), key)
    ]
