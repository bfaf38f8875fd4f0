"""The causal VAE, which takes a video in chunks and remembers the past in a cache of frames."""

from wanmeter.models.components.vae.stages import EQUAL_CHUNKS_FROM, VaeDecode, VaeEncode

__all__ = ["EQUAL_CHUNKS_FROM", "VaeDecode", "VaeEncode"]
