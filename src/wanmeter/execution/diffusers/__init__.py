"""diffusers' and transformers' models: each component's forward pass, line by line."""

from collections.abc import Mapping
from types import MappingProxyType

from wanmeter.execution.diffusers.image_encoder import image_encoder
from wanmeter.execution.diffusers.text_encoder import text_encoder
from wanmeter.execution.diffusers.transformer import transformer
from wanmeter.execution.diffusers.vae import vae_decode, vae_encode
from wanmeter.execution.execution import Program

PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "text_encoder": text_encoder,
        "image_encoder": image_encoder,
        "vae_encode": vae_encode,
        "transformer": transformer,
        "transformer_2": transformer,
        "vae_decode": vae_decode,
    }
)
"""The program of each stage."""
