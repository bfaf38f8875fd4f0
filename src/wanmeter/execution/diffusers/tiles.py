"""The tiles of a frame: which there are, which of them run, and how they are blended.

Source: diffusers models/autoencoders/autoencoder_kl_wan.py, tiled_decode and tiled_encode.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from wanmeter.execution.array import Array
from wanmeter.execution.operators import cat_columns, copy_
from wanmeter.layers.interning import Interned

interned_tile = Interned(64)
"""Makes the layer of a tile, or returns an equal one made before."""


class Side(NamedTuple):
    """The tiles along the height or the width.

    `given` and `made` are the sizes of each tile before and after the VAE. Of each made tile, `stride` lines
    stay, and the first `blend` lines are blended with the tile before it. Of all, `size` lines stay.
    """

    given: Sequence[int]
    made: Sequence[int]
    stride: int
    blend: int
    size: int

    @property
    def kept(self) -> Sequence[int]:
        """The lines that stay of each tile."""
        return [min(self.stride, lines) for lines in self.made]

    def extent(self, index: int) -> int:
        """The lines of a tile that are blended with the tile before it."""
        return min(self.made[index - 1], self.made[index], self.blend) if index else 0


class Tile(NamedTuple):
    """A tile before the VAE, the size of its planes after it, and how many tiles its run stands for."""

    height: int
    width: int
    made: int
    times: int


def each_tile(heights: Side, widths: Side, run: Callable[[Tile], Array]) -> list[list[Array]]:
    """The rows of tiles. If `times` is 0, a later tile's run stands for a tile: it is only allocated."""
    times = _times(heights, widths)
    return [
        [
            run(Tile(height, width, made_height * made_width, next(times)))
            for width, made_width in zip(widths.given, widths.made, strict=True)
        ]
        for height, made_height in zip(heights.given, heights.made, strict=True)
    ]


def _times(heights: Side, widths: Side) -> Iterator[int]:
    """Tiles are alike if they are of one size and follow tiles of one size, from which a chunk is left.

    The last of them runs: by then most tiles are held. Less is live in the first than in any like it.
    """
    first, *others = product(heights.given, widths.given)
    alike = list(pairwise([first, first, *others]))
    counts = Counter(alike)
    last = {each: index for index, each in enumerate(alike)}
    for index, each in enumerate(alike):
        yield counts[each] if index == last[each] else 0


def blended(rows: Sequence[Sequence[Array]], i: int, heights: Side, widths: Side) -> Array:
    """A row of tiles, blended with the row above it and tile by tile, and joined."""
    result_row = []
    for j, tile in enumerate(rows[i]):
        height, width = heights.made[i], widths.made[j]
        _blend(tile, height, heights.extent(i))
        _blend(tile, width, widths.extent(j))
        size = heights.kept[i] * widths.kept[j]
        result_row.append(tile.view(tile.rows, tile.width // (height * width) * size))
    return cat_columns(*result_row)


def _blend(b: Array, size: int, blend_extent: int) -> None:
    """blend_v and blend_h: line by line, each an equally large line of both tiles, into the second."""
    if blend_extent <= 0:
        return
    line = b.view(b.rows, b.width // size)
    with b.tape.repeated(blend_extent):
        copy_(line, line * 0.5 + line * 0.5)


def joined(result_rows: Sequence[Array], heights: Side, widths: Side) -> Array:
    """The rows, joined, without the lines beyond the frame."""
    whole = cat_columns(*result_rows)
    planes = whole.width // (sum(heights.kept) * sum(widths.kept))
    return whole.view(whole.rows, planes * heights.size * widths.size)
