"""The causal VAE, which processes a video in chunks and caches frames between them."""

from wanmeter.models.components.vae.stages import EQUAL_CHUNKS_FROM, VaeDecode, VaeEncode

__all__ = ["EQUAL_CHUNKS_FROM", "VaeDecode", "VaeEncode"]
