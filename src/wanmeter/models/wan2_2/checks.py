"""Checks of a Wan2.2 run: the official code accepts its workload, and its components fit together."""

from collections.abc import Collection, Iterator

from wanmeter.errors import InvalidValueError
from wanmeter.models.components.checks import (
    check_applicable,
    check_patches,
    check_stride,
    check_widths,
)
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.geometry import IMAGE_MASK
from wanmeter.models.wan2_2.geometry import geometry
from wanmeter.models.wan2_2.spec import Wan22Spec
from wanmeter.models.wan2_2.stages import STAGES
from wanmeter.models.workload import Workload


def check(settings: Settings[Wan22Spec]) -> None:
    """Refuse a run whose parts do not fit together, as far as its stages need them.

    Raises:
        InvalidValueError: the model cannot run the workload, or the widths of components do not match.
    """
    model, own = settings.model, geometry(settings.model)
    own.check(settings.workload)
    has_experts = model.boundary is not None
    check_applicable(settings, references=False, image=model.task == "ti2v", experts=has_experts)
    _check_steps(settings.workload)
    stages = set(settings.stages or STAGES)
    if stages & {"vae_encode", "vae_decode"}:
        check_stride(settings, own)
    if stages & {"transformer", "transformer_2"}:
        check_patches(settings, own)
        check_widths(_widths(settings, stages))


def _check_steps(workload: Workload) -> None:
    """Refuse more steps of one expert than there are."""
    high, steps = workload.high_noise_steps, workload.num_inference_steps
    if high is not None and high > steps:
        allowed = f"at most num_inference_steps = {steps}"
        raise InvalidValueError("workload.high_noise_steps", high, allowed, nearest=(steps,))


def _widths(
    settings: Settings[Wan22Spec], stages: Collection[str]
) -> Iterator[tuple[str, int, int, str]]:
    """What the transformers' widths must equal: the field, its value, the width and the rule."""
    model, z_dim = settings.model, settings.vae.z_dim
    if "text_encoder" in stages:
        yield "text_encoder.dim", settings.text_encoder.dim, model.text_dim, "model.text_dim"
    if "vae_decode" in stages:
        yield "vae.z_dim", z_dim, model.out_dim, "model.out_dim"
    if model.task == "i2v":
        yield "model.in_dim", model.in_dim, 2 * z_dim + IMAGE_MASK, f"2 vae.z_dim + {IMAGE_MASK}"
    else:
        yield "model.in_dim", model.in_dim, z_dim, "vae.z_dim"
