"""Checks that families share: whether a run's components fit together."""

from collections.abc import Iterable
from typing import Any

from wanmeter.errors import InvalidValueError
from wanmeter.models.geometry import Geometry
from wanmeter.models.settings import Settings

MAX_PATCHES = 1024
"""Rows of each axis's rotary table. Source: Wan2.1 wan/modules/model.py, WanModel.freqs."""


def check_applicable(
    settings: Settings[Any], *, references: bool, image: bool, experts: bool
) -> None:
    """Refuse fields of the workload that mean nothing to the model: those that it has not."""
    name, workload = settings.model.name, settings.workload
    if (given := workload.num_reference_images) and not references:
        allowed = f"0: {name} takes no reference images"
        raise InvalidValueError("workload.num_reference_images", given, allowed)
    if workload.image and not image:
        allowed = f"false: the task of {name} says whether it is given an image"
        raise InvalidValueError("workload.image", workload.image, allowed)
    if workload.high_noise_steps is not None and not experts:
        allowed = f"null: {name} has one transformer for all steps"
        raise InvalidValueError("workload.high_noise_steps", workload.high_noise_steps, allowed)


def check_stride(settings: Settings[Any], geometry: Geometry) -> None:
    """Refuse a VAE with other latents than the model's."""
    vae = settings.vae
    if vae.stride != geometry.vae_stride:
        allowed = f"a stride of {geometry.vae_stride} pixels a latent; this VAE's is {vae.stride}"
        field = "temporal_downsample" if vae.stride[0] != geometry.vae_stride[0] else "patch_size"
        raise InvalidValueError(f"vae.{field}", getattr(vae, field), allowed)


def check_patches(settings: Settings[Any], geometry: Geometry) -> None:
    """Refuse more tokens along an axis than the rotary table has rows."""
    workload, references = settings.workload, settings.workload.num_reference_images
    grid = geometry.grid(workload).with_frames(references)
    for axis, patches in zip(("num_frames", "height", "width"), grid.patches, strict=True):
        if patches > MAX_PATCHES:
            if axis == "num_frames" and references:
                axis = "num_reference_images"  # each is a latent frame
            given = getattr(workload, axis)
            allowed = f"at most {MAX_PATCHES} patches along an axis, the rotary table's length"
            raise InvalidValueError(f"workload.{axis}", given, allowed)


def check_widths(widths: Iterable[tuple[str, int, int, str]]) -> None:
    """Refuse a width that differs from what it must equal: the field, its value, the width and the rule."""
    for field, given, width, rule in widths:
        if given != width:
            raise InvalidValueError(field, given, f"{rule} = {width}")
