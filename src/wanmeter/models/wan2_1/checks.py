"""Checks of a Wan2.1 run: the official code accepts its workload, and its components fit together."""

from collections.abc import Collection, Iterator

from wanmeter.errors import InvalidValueError
from wanmeter.models.components.checks import (
    check_applicable,
    check_patches,
    check_stride,
    check_widths,
)
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.geometry import GEOMETRY, IMAGE_MASK, VACE_MASK
from wanmeter.models.wan2_1.spec import ModelSpec
from wanmeter.models.wan2_1.stages import STAGES


def check(settings: Settings[ModelSpec]) -> None:
    """Refuse a run whose parts do not fit together, as far as its stages need them.

    Raises:
        InvalidValueError: the model cannot run the workload, or the widths of components do not match.
    """
    GEOMETRY.check(settings.workload)
    has_references = settings.model.task == "vace"
    check_applicable(settings, references=has_references, image=False, experts=False)
    _check_frames(settings)
    if (form := settings.transformer.time_embedding) == "per_token":
        allowed = f"per_sample: {settings.model.name} has one time embedding for all tokens"
        raise InvalidValueError("transformer.time_embedding", form, allowed)
    stages = set(settings.stages or STAGES)
    if stages & {"vae_encode", "vae_decode"}:
        check_stride(settings, GEOMETRY)
    if "transformer" in stages:
        check_patches(settings, GEOMETRY)
        check_widths(_widths(settings, stages))


def _check_frames(settings: Settings[ModelSpec]) -> None:
    """Refuse a clip or reference images that the model cannot take."""
    model, workload = settings.model, settings.workload
    if model.task == "t2i" and workload.num_frames != 1:
        # Source: Wan2.1 generate.py, _validate_args: a t2i task has one frame.
        allowed = f"1: {model.name} makes images"
        raise InvalidValueError("workload.num_frames", workload.num_frames, allowed, nearest=(1,))
    if workload.num_frames < model.num_images:
        allowed = f"5, 9, ...: {model.name} is given the first frame and the last"
        raise InvalidValueError("workload.num_frames", workload.num_frames, allowed, nearest=(5,))
    references, latents = workload.num_reference_images, GEOMETRY.grid(workload).frames
    if references > latents:
        # Their mask has the shape of a slice of the video's mask, one latent frame per image.
        # Source: Wan2.1 wan/vace.py, WanVace.vace_encode_masks.
        allowed = f"at most the video's {latents} latent frames"
        raise InvalidValueError(
            "workload.num_reference_images", references, allowed, nearest=(latents,)
        )


def _widths(
    settings: Settings[ModelSpec], stages: Collection[str]
) -> Iterator[tuple[str, int, int, str]]:
    """What the transformer's widths must equal: the field, its value, the width and the rule."""
    model, vae = settings.model, settings.vae
    if "text_encoder" in stages:
        yield "text_encoder.dim", settings.text_encoder.dim, model.text_dim, "model.text_dim"
    if "image_encoder" in stages and model.num_images:
        yield "image_encoder.dim", settings.image_encoder.dim, model.image_dim, "model.image_dim"
    if "vae_decode" in stages:
        yield "vae.z_dim", vae.z_dim, model.out_dim, "model.out_dim"
    if model.num_images:
        rule = f"2 vae.z_dim + {IMAGE_MASK}"
        yield "model.in_dim", model.in_dim, 2 * vae.z_dim + IMAGE_MASK, rule
    else:
        yield "model.in_dim", model.in_dim, vae.z_dim, "vae.z_dim"
    if model.task == "vace":
        rule = f"2 vae.z_dim + {VACE_MASK}"
        yield "model.vace_in_dim", model.vace_in_dim, 2 * vae.z_dim + VACE_MASK, rule
