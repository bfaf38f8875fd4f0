"""Memory for long columns: a sweep of as many rows takes again what an earlier one no longer needs."""

import mmap
from collections import deque
from contextlib import suppress
from threading import Lock
from typing import Any
from weakref import finalize

import numpy as np

from wanmeter.sweeping.axes import Array
from wanmeter.units import GIB

HUGE_PAGE = 2**21
"""Bytes of a huge page of memory."""

MOST_KEPT = 4 * GIB
"""Most bytes that are kept."""

CAN_KEEP = hasattr(mmap, "MADV_FREE") and hasattr(mmap, "MADV_HUGEPAGE")
"""Whether memory can be kept and still be the system's to take: on Linux."""


class Memory:
    """Gives memory to long columns, and keeps what no array uses any more.

    New memory takes the system longer to give than most columns take to evaluate. What is kept is marked
    `MADV_FREE`: Linux takes it when a program needs it. When other lengths are asked for, all is dropped.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        # An array may end at any moment, even while memory is taken: so giving back only appends.
        self._kept: deque[mmap.mmap] = deque()
        self._taking = Lock()

    @property
    def kept_bytes(self) -> int:
        """The bytes that are kept."""
        return sum(map(len, self._kept.copy()))

    def column(self, length: int, dtype: "np.dtype[Any]") -> Array:
        """An array without values. A long one begins at a huge page.

        numpy asks Linux for huge pages in large arrays, but an array seldom begins at one: a column of 8 MB has a
        quarter of its memory in small pages, which take longer to get than its values to evaluate.
        """
        size = length * dtype.itemsize
        if size < 2 * HUGE_PAGE or dtype.hasobject or not CAN_KEEP:
            return np.empty(length, dtype=dtype)
        try:
            pages = self._taken(size + HUGE_PAGE)
        except OSError:  # not so much memory, or none in huge pages
            return np.empty(length, dtype=dtype)
        whole = np.frombuffer(pages, dtype=np.uint8)
        # All views of it, and what Arrow and pandas make of them, keep this one array.
        finalize(whole, self._give_back, pages).atexit = False
        start = -whole.__array_interface__["data"][0] % HUGE_PAGE
        return whole[start : start + size].view(dtype)

    def _taken(self, size: int) -> mmap.mmap:
        with self._taking:
            for _ in range(len(self._kept)):
                pages = self._kept.popleft()
                if len(pages) == size:
                    return pages
                self._kept.append(pages)
            self._kept.clear()
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        pages.madvise(mmap.MADV_HUGEPAGE)
        return pages

    def _give_back(self, pages: mmap.mmap) -> None:
        if self.kept_bytes + len(pages) <= MOST_KEPT:
            with suppress(OSError):
                pages.madvise(mmap.MADV_FREE)
                self._kept.append(pages)


memory = Memory()
"""For all sweeps of a process."""
