"""Wan2.1's geometry, and the sizes that follow from it."""

from math import prod

from wanmeter.models.geometry import Geometry

GEOMETRY = Geometry(vae_stride=(4, 8, 8), patch_size=(1, 2, 2))
"""Source: Wan2.1 wan/configs, vae_stride and patch_size."""

IMAGE_MASK = GEOMETRY.vae_stride[0]
"""Mask channels beside noise and the latents of images: one per frame of a latent."""

VACE_MASK = prod(GEOMETRY.vae_stride[1:])
"""Mask channels beside the latents of VACE's two videos: one per pixel of a latent."""

MAX_PATCHES = 1024
"""Rows of each axis's rotary table. Source: Wan2.1 wan/modules/model.py, WanModel.freqs."""
