"""Wan2.1's geometry."""

from wanmeter.models.geometry import Geometry

GEOMETRY = Geometry(vae_stride=(4, 8, 8), patch_size=(1, 2, 2))
"""Source: Wan2.1 wan/configs, vae_stride and patch_size."""
