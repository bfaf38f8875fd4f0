"""Wan2.1's geometry, and the sizes that follow from it."""

from math import prod, sqrt

from wanmeter.models.geometry import Geometry

GEOMETRY = Geometry(vae_stride=(4, 8, 8), patch_size=(1, 2, 2))
"""Source: Wan2.1 wan/configs, vae_stride and patch_size."""

IMAGE_MASK = GEOMETRY.vae_stride[0]
"""Mask channels beside noise and the latents of images: one per frame of a latent."""

VACE_MASK = prod(GEOMETRY.vae_stride[1:])
"""Mask channels beside the latents of VACE's two videos: one per pixel of a latent."""


def size_for_image(image: tuple[int, int], area: int) -> tuple[int, int]:
    """The width and height of a video made from an image, in whole patches and about of this area.

    In the official code's floating-point arithmetic: the square roots are rounded down to patches.

    Source: Wan2.1 and Wan2.2 wan/image2video.py, generate; first_last_frame2video.py, generate.
    """
    width, height = image
    ratio = height / width
    _, rows, columns = GEOMETRY.vae_stride
    _, down, across = GEOMETRY.patch_size
    latent_rows = round(sqrt(area * ratio) // rows // down * down)
    latent_columns = round(sqrt(area / ratio) // columns // across * across)
    return latent_columns * columns, latent_rows * rows
