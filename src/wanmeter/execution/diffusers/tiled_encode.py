"""Encoding in tiles.

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
from wanmeter.execution.diffusers.vae import diagonal_gaussian, encoder
from wanmeter.execution.operators import cat
from wanmeter.execution.part import Part, module
from wanmeter.models.components.vae import VaeEncode


@module
def tiled_encode(part: Part, x: Array, heights: Side, widths: Side) -> object:
    """AutoencoderKLWan.encode."""
    h = _tiled_encode(part, x, heights, widths)
    posterior = diagonal_gaussian(h)
    return posterior


def _tiled_encode(part: Part, x: Array, heights: Side, widths: Side) -> Array:
    """AutoencoderKLWan._encode and tiled_encode."""
    if "patchify" in part:
        x = x.like("clone")
    loop = _Loop(part, x)
    rows = each_tile(heights, widths, loop.tile)
    result_rows = [blended(rows, i, heights, widths) for i in range(len(rows))]
    enc = joined(result_rows, heights, widths)
    return enc


class _Loop:
    """The loop over a tile's chunks of frames, and what it leaves live: `time`."""

    def __init__(self, part: Part, x: Array) -> None:
        self.part, self.x = part, x
        self.layer = cast(VaeEncode, part.layer)
        self.time: list[Array] = []

    def tile(self, tile: Tile) -> Array:
        """One tile."""
        self.time = []
        if tile.times:
            with self.part.tape.repeated(tile.times):
                return self._run(tile)
        stride, *_ = self.layer.spec.stride
        return self._new((self.x.rows - 1) // stride + 1, tile)

    def _run(self, at: Tile) -> Array:
        part, layer = self._part(self.x.rows, at), self.layer
        quant_conv = self._part(1, at)["quant_conv"]
        plane = layer.batch_size * layer.spec.pixel_channels * at.height * at.width
        feat_cache = Cache()
        for chunk, times in part.variants("encoder"):
            # The last of equal chunks runs: by then most chunks are held.
            self.time += [self._new(1, at) for _ in range(times - 1)]
            with part.tape.repeated(times):
                tile = self.x.view(chunk["conv_in"].convolution.input_size[0], plane)
                tile = encoder(chunk, tile, feat_cache)
                tile = causal_conv(quant_conv, tile)
            self.time.append(tile)
        return cat(*self.time)

    def _new(self, frames: int, tile: Tile) -> Array:
        width = self.layer.batch_size * 2 * self.layer.spec.z_dim * tile.made
        return new(self.part.tape, self.x.dtype, frames, width)

    def _part(self, frames: int, tile: Tile) -> Part:
        part, layer = self.part, self.layer
        patch = layer.spec.patch_size
        of_tile = interned_tile(
            VaeEncode,
            spec=layer.spec,
            batch_size=layer.batch_size,
            video=(frames, patch * tile.height, patch * tile.width),
        )
        return Part(part.tape, part.path, of_tile, part.stored, part.samples, part.options)
