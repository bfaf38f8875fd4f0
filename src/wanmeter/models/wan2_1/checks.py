"""What a run of Wan2.1 must be: what its program takes, and components that fit together."""

from math import prod

from wanmeter.errors import InvalidValueError
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.spec import ModelSpec

MAX_PATCHES = 1024
"""Rows of the rotary table of each axis. Source: Wan2.1 wan/modules/model.py, WanModel.freqs."""


def check(settings: Settings[ModelSpec]) -> None:
    """Refuse what does not fit together.

    Raises:
        InvalidValueError: the workload asks for what the model cannot do, or components cannot hand
            their results on.
    """
    GEOMETRY.check(settings.workload)
    _check_pictures(settings)
    _check_widths(settings)
    _check_patches(settings)


def _check_pictures(settings: Settings[ModelSpec]) -> None:
    """Refuse more or fewer pictures than the model's program takes."""
    model, workload = settings.model, settings.workload
    if workload.num_frames < model.num_images:
        allowed = f"5, 9, ...: {model.name} is given the first frame and the last"
        raise InvalidValueError("workload.num_frames", workload.num_frames, allowed, nearest=(5,))
    references, latents = workload.num_reference_images, GEOMETRY.grid(workload).frames
    if model.task != "vace" and references:
        allowed = f"0: {model.name} takes no reference images"
        raise InvalidValueError("workload.num_reference_images", references, allowed)
    if references > latents:
        # Each takes the mask of one of the video's latent frames, cut off from its start.
        # Source: Wan2.1 wan/vace.py, WanVace.vace_encode_masks.
        allowed = f"at most the video's {latents} latent frames"
        raise InvalidValueError(
            "workload.num_reference_images", references, allowed, nearest=(latents,)
        )


def _check_widths(settings: Settings[ModelSpec]) -> None:
    """Refuse components that could not hand their results on."""
    model, vae = settings.model, settings.vae
    frames, *pixels = GEOMETRY.vae_stride
    if vae.stride != GEOMETRY.vae_stride:
        allowed = f"a stride of {GEOMETRY.vae_stride} pixels a latent; this VAE's is {vae.stride}"
        raise InvalidValueError("vae.temporal_downsample", vae.temporal_downsample, allowed)
    wanted = {
        "text_encoder.dim": (settings.text_encoder.dim, model.text_dim, "model.text_dim"),
        "vae.z_dim": (vae.z_dim, model.out_dim, "model.out_dim"),
    }
    if model.num_images:
        # Noise, a mask for each frame of a latent's, and the latents of the images.
        wanted["model.in_dim"] = (model.in_dim, 2 * vae.z_dim + frames, f"2 vae.z_dim + {frames}")
        wanted["image_encoder.dim"] = (
            settings.image_encoder.dim,
            model.image_dim,
            "model.image_dim",
        )
    else:
        wanted["model.in_dim"] = (model.in_dim, vae.z_dim, "vae.z_dim")
    if model.task == "vace":
        # Two videos' latents, and a mask of a latent's pixels.
        mask = prod(pixels)
        rule = f"2 vae.z_dim + {mask}"
        wanted["model.vace_in_dim"] = (model.vace_in_dim, 2 * vae.z_dim + mask, rule)
    for field_name, (given, width, rule) in wanted.items():
        if given != width:
            raise InvalidValueError(field_name, given, f"{rule} = {width}")


def _check_patches(settings: Settings[ModelSpec]) -> None:
    """Refuse more tokens along an axis than the rotary table has rows."""
    workload, references = settings.workload, settings.workload.num_reference_images
    grid = GEOMETRY.grid(workload).with_frames(references)
    for axis, patches in zip(("num_frames", "height", "width"), grid.patches, strict=True):
        if patches > MAX_PATCHES:
            if axis == "num_frames" and references:
                axis = "num_reference_images"  # each is a latent frame
            given = getattr(workload, axis)
            allowed = f"at most {MAX_PATCHES} patches along an axis, the rotary table's length"
            raise InvalidValueError(f"workload.{axis}", given, allowed)
