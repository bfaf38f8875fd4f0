"""`Cache`: the frames that a VAE's convolutions keep from one chunk of a video for the next."""

from typing import cast

from wanmeter.execution.array import Array, new
from wanmeter.validators import is_int

CACHE_T = 2
"""Frames that a convolution keeps. Source: Wan2.1 wan/modules/vae.py, CACHE_T."""


class Cache:
    """feat_cache and feat_idx: what each convolution keeps, in the order in which they run."""

    def __init__(self) -> None:
        """Start with nothing kept."""
        self._kept: list[Array | None] = []
        self._index = 0

    def begin(self) -> None:
        """Begin a chunk, with the first convolution."""
        self._index = 0

    @property
    def current(self) -> Array | None:
        """What the next convolution has kept; `None` in the first chunk."""
        if self._index == len(self._kept):
            self._kept.append(None)
        return self._kept[self._index]

    @property
    def kept(self) -> Array:
        """What the next convolution has kept, in a chunk after the first."""
        return cast(Array, self.current)

    def keep(self, frames: Array) -> None:
        """Keep frames of this convolution, and go on to the next."""
        self._kept[self._index] = frames
        self._index += 1


def last_frames(x: Array) -> Array:
    """A copy of the last frames of a chunk."""
    return x.view(min(x.rows, CACHE_T), x.width).like("clone")


def no_frames(x: Array) -> Array:
    """What is kept of the first chunk where it is not convolved along the frames: nothing."""
    return Array(x.tape, x.dtype, 0, x.width)


def grown(out: Array, chunk: Array | None, times: int) -> Array:
    """A clip after `times` more chunks like this one, each joined to it in a copy, which is recorded."""
    if chunk is None or (is_int(times) and times == 0):
        return out
    frames = times * out.rows + times * (times + 1) // 2 * chunk.rows
    size = frames * out.width * out.dtype.bytes
    out.tape.record_copies("cat", out.dtype, times, size)
    return new(out.tape, out.dtype, out.rows + times * chunk.rows, out.width)
