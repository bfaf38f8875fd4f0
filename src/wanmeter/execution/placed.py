"""`Placed`: where the weights of one component are while it runs, in bytes."""

from collections.abc import Iterable
from math import gcd
from typing import NamedTuple

from attrs import frozen

from wanmeter.errors import InvalidValueError
from wanmeter.execution.execution import Stored
from wanmeter.execution.options import QUANTIZED, PlacementOptions

BLOCKS = ("blocks", "vace_blocks")
"""The lists of a component's blocks. Those of the first can be swapped."""


@frozen(kw_only=True)
class Placed:
    """The weights of a component while it runs: `weight_bytes` in all.

    `device_bytes` are on the device at once, `host_bytes` wait on the host, and `moved_bytes` cross the
    link to the host in each of its passes; no stream brings `unstreamed_bytes` of these.
    """

    weight_bytes: int
    device_bytes: int
    host_bytes: int = 0
    moved_bytes: int = 0
    unstreamed_bytes: int = 0

    @classmethod
    def whole(cls, size: int) -> "Placed":
        """All weights on the device."""
        return cls(weight_bytes=size, device_bytes=size)


def placed(stored: Iterable[Stored], placement: PlacementOptions, *, grouped: bool) -> Placed:
    """Place a component's weights.

    Args:
        stored: the weights of its rows.
        placement: groups of blocks or leaves that come as they run, or blocks that wait.
        grouped: whether its blocks are found by block-level offloading, which looks at the lists of
            modules that a component itself has; all of a component whose blocks are deeper is one group.

    Raises:
        InvalidValueError: more blocks wait than there are.
    """
    rows = [_quantized(row, placement.quantized) for row in stored]
    whole = sum([row.copies * row.bytes for row in rows])
    lists = [each for each in (_blocks(rows, name) for name in BLOCKS) if each.number]
    root = whole - sum([each.number * each.bytes for each in lists])
    if placement.offload_type == "leaf_level":
        return moving(whole, largest_leaves(rows, placement))
    if placement.offload_type == "block_level":
        groups = (2 if placement.use_stream else 1) * placement.num_blocks_per_group
        here = max([min(groups, each.number) * each.bytes for each in lists])
        # Source: diffusers hooks/group_offloading.py: what is in no group has no stream.
        return moving(whole, root + here if grouped else whole, root if grouped else whole)
    swapped, blocks = placement.blocks_to_swap, lists[0]
    if swapped > blocks.number:
        allowed = f"at most {blocks.number}, the number of blocks"
        raise InvalidValueError("placement.blocks_to_swap", swapped, allowed)
    return Placed(
        weight_bytes=whole,
        device_bytes=whole - (swapped - min(swapped, 2)) * blocks.bytes,
        host_bytes=swapped * blocks.bytes,
        moved_bytes=swapped * blocks.bytes,
    )


class _Blocks(NamedTuple):
    """Equal blocks: how many, and the bytes of each."""

    number: int
    bytes: int


def _blocks(rows: Iterable[Stored], name: str) -> _Blocks:
    """The blocks of a list. A row of a block may have several copies in it."""
    own = [row for row in rows if row.path.startswith(f"{name}/")]
    number = gcd(*[row.copies for row in own])
    return _Blocks(number, sum([row.copies // number * row.bytes for row in own]) if own else 0)


def largest_leaves(stored: Iterable[Stored], placement: PlacementOptions) -> int:
    """What is on the device of a component that comes leaf by leaf; with a stream the next one too."""
    number = 2 if placement.use_stream else 1
    return sum(sorted([row.bytes for row in stored])[-number:])


def moving(whole: int, here: int, unstreamed: int = 0) -> Placed:
    """All weights wait on the host, and come in each pass, some of them without a stream."""
    return Placed(
        weight_bytes=whole,
        device_bytes=here,
        host_bytes=whole,
        moved_bytes=whole,
        unstreamed_bytes=unstreamed,
    )


def _quantized(row: Stored, quantized: str | None) -> Stored:
    """A row with its matrix stored in another type, if it is one of a block."""
    if quantized is None or not row.matrix or not _in_block(row):
        return row
    elements, size = QUANTIZED[quantized]
    width = row.bytes // row.matrix  # of an element; the bias is small
    return row._replace(bytes=row.bytes - row.matrix * width + -(-row.matrix * size // elements))


def converted_bytes(stored: Iterable[Stored], placement: PlacementOptions) -> int:
    """The largest matrix that is converted as it is used, in the profile's type."""
    if placement.quantized is None:
        return 0
    return max([row.bytes for row in stored if row.matrix and _in_block(row)])


def _in_block(row: Stored) -> bool:
    return row.path.partition("/")[0] in BLOCKS
