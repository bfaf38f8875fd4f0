"""Memory for long columns: a sweep of as many rows takes again what an earlier one no longer needs."""

import mmap
from collections import deque
from operator import methodcaller
from typing import Any
from weakref import ref

import numpy as np

from wanmeter.sweeping.axes import Array
from wanmeter.units import GIB

HUGE_PAGE = 2**21
"""Bytes of a huge page of memory."""

MOST_BYTES = 2 * GIB
"""Most bytes of memory that is used again; columns beyond take memory of their own."""

CAN_KEEP = hasattr(mmap, "MADV_FREE") and hasattr(mmap, "MADV_HUGEPAGE")
"""Whether memory can be kept and still be the system's to take: on Linux."""


class _Lent(ref[Array]):
    """A weak reference to the array that is on some pages."""

    __slots__ = ("madvise", "marking", "pages")

    pages: mmap.mmap
    madvise: Any
    marking: "_Lent"


class Memory:
    """Gives memory to long columns, and gives it again when no array uses it any more.

    New memory takes the system longer to give than most columns take to evaluate. What no array uses is marked
    `MADV_FREE`: Linux takes these pages when a program needs them. If there are none of the size that is asked for,
    all are given up.

    No lock is held and no Python code runs when an array ends: that may be at any moment, and an interrupt at such a
    moment would be lost.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._lent: dict[int, _Lent] = {}
        self._ended: deque[_Lent] = deque()
        self._kept: deque[mmap.mmap] = deque()

    @property
    def kept_bytes(self) -> int:
        """The bytes that no array uses."""
        self._collect()
        return sum(map(len, self._kept.copy()))

    def column(self, length: int, dtype: "np.dtype[Any]") -> Array:
        """An array without values. A long one begins at a huge page.

        numpy asks Linux for huge pages in large arrays, but an array seldom begins at one: a column of 8 MB has a
        quarter of its memory in small pages, which take longer to get than its values to evaluate.
        """
        size = length * dtype.itemsize
        pages = None
        if size >= 2 * HUGE_PAGE and not dtype.hasobject and CAN_KEEP:
            pages = self._taken(size + HUGE_PAGE)
        if pages is None:
            return np.empty(length, dtype=dtype)
        # What is made of this array keeps it: numpy's views refer to the first array that is on foreign memory.
        whole = np.frombuffer(pages, dtype=np.uint8)
        self._lend(whole, pages)
        start = -whole.__array_interface__["data"][0] % HUGE_PAGE
        return whole[start : start + size].view(dtype)

    def _taken(self, size: int) -> mmap.mmap | None:
        """Pages of this size, used before or new; `None` if that would be too much, or the system has none."""
        self._collect()
        for _ in range(len(self._kept)):
            try:
                pages = self._kept.popleft()
            except IndexError:  # another thread was first
                break
            if len(pages) == size:
                return pages
            self._kept.append(pages)
        self._kept.clear()
        if size + sum([len(lent.pages) for lent in list(self._lent.values())]) > MOST_BYTES:
            return None
        try:
            pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            pages.madvise(mmap.MADV_HUGEPAGE)
            pages.madvise(mmap.MADV_FREE)  # refused now rather than when an array ends
        except OSError:
            return None
        return pages

    def _lend(self, whole: Array, pages: mmap.mmap) -> None:
        """See to it that the pages are marked, and then collected, when the array ends."""
        lent = _Lent(whole, self._ended.append)
        lent.pages = pages
        lent.marking = _Lent(whole, _mark)  # Python calls back the newest reference first
        lent.marking.madvise = pages.madvise
        self._lent[id(lent)] = lent

    def _collect(self) -> None:
        """Keep the pages of the arrays that have ended."""
        while True:
            try:
                lent = self._ended.popleft()
            except IndexError:
                return
            del self._lent[id(lent)]
            self._kept.append(lent.pages)


_mark = methodcaller("madvise", getattr(mmap, "MADV_FREE", None))

memory = Memory()
"""For all sweeps of a process."""
