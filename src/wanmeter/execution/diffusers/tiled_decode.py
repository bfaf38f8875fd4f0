"""Decoding in tiles.

Source: diffusers models/autoencoders/autoencoder_kl_wan.py.
"""

from typing import cast

from wanmeter.execution.array import Array, new
from wanmeter.execution.cache import Cache
from wanmeter.execution.causal_conv import causal_conv
from wanmeter.execution.diffusers.tiles import (
    Side,
    Tile,
    blended,
    each_tile,
    interned_tile,
    joined,
)
from wanmeter.execution.diffusers.vae import decoder
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module
from wanmeter.models.components.vae import VaeDecode


@module
def tiled_decode(part: Part, z: Array, heights: Side, widths: Side) -> Array:
    """AutoencoderKLWan.tiled_decode."""
    loop = _Loop(part, z)
    rows = each_tile(heights, widths, loop.tile)
    result_rows = [blended(rows, i, heights, widths) for i in range(len(rows))]
    dec = joined(result_rows, heights, widths)
    if "unpatchify" in part:
        dec = dec.like("clone")
    dec = dec.like("clamp")
    return dec


class _Loop:
    """The loop over a tile's frames, and what it leaves live: `time` and `decoded`."""

    def __init__(self, part: Part, z: Array) -> None:
        self.part, self.z = part, z
        self.layer = cast(VaeDecode, part.layer)
        self.stride, *_ = self.layer.spec.stride
        self.time: list[Array] = []
        self.decoded: Array | None = None

    def tile(self, tile: Tile) -> Array:
        """One tile."""
        self.time = []
        frames = self.z.rows
        if tile.times:
            with self.part.tape.repeated(tile.times):
                return self._run(tile)
        self.decoded = self._new(self.stride if frames > 1 else 1, tile)
        return self._new(self.stride * (frames - 1) + 1, tile)

    def _run(self, at: Tile) -> Array:
        part, layer = self._part(self.z.rows, at), self.layer
        post_quant_conv = self._part(1, at)["post_quant_conv"]
        latent = self.z.view(1, layer.batch_size * layer.spec.z_dim * at.height * at.width)
        feat_cache = Cache()
        for chunk, times in part.variants("decoder"):
            # The last of equal chunks runs: by then most chunks are held.
            self.time += [self._new(self.stride, at) for _ in range(times - 1)]
            with part.tape.repeated(times):
                tile = latent
                tile = causal_conv(post_quant_conv, tile)
                self.decoded = decoder(chunk, tile, feat_cache)
            self.time.append(self.decoded)
        return cat(*self.time)

    def _new(self, frames: int, tile: Tile) -> Array:
        width = self.layer.batch_size * self.layer.spec.pixel_channels * tile.made
        return new(self.part.tape, self.z.dtype, frames, width)

    def _part(self, frames: int, tile: Tile) -> Part:
        part, layer = self.part, self.layer
        of_tile = interned_tile(
            VaeDecode,
            spec=layer.spec,
            batch_size=layer.batch_size,
            latents=(frames, tile.height, tile.width),
        )
        return Part(part.tape, part.path, of_tile, part.stored, part.samples, part.options)
