"""`Placed`: where the weights of one component are while it runs, in bytes."""

from collections.abc import Iterable

from attrs import frozen

from wanmeter.errors import InvalidValueError
from wanmeter.execution.execution import Stored
from wanmeter.execution.options import QUANTIZED, PlacementOptions

BLOCKS = "blocks/"
"""How the paths of a component's blocks begin."""


@frozen(kw_only=True)
class Placed:
    """The weights of a component while it runs: `weight_bytes` in all.

    `device_bytes` are on the device at once, `host_bytes` wait on the host, and `moved_bytes` cross the
    link to the host in each of its passes.
    """

    weight_bytes: int
    device_bytes: int
    host_bytes: int = 0
    moved_bytes: int = 0

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
    blocks = max([row.copies for row in rows if row.path.startswith(BLOCKS)])
    block = sum([row.copies // blocks * row.bytes for row in rows if row.path.startswith(BLOCKS)])
    root = whole - blocks * block
    if placement.offload_type == "leaf_level":
        # A group comes while another runs, if there is a stream for it.
        largest = sorted([row.bytes for row in rows])[-2 if placement.use_stream else -1 :]
        return _moving(whole, sum(largest))
    if placement.offload_type == "block_level":
        if not grouped:
            return _moving(whole, whole)
        if placement.use_stream and placement.num_blocks_per_group != 1:
            key = "placement.num_blocks_per_group"
            raise InvalidValueError(key, placement.num_blocks_per_group, "1 with use_stream")
        groups = 2 if placement.use_stream else 1
        here = min(groups * placement.num_blocks_per_group, blocks) * block
        return _moving(whole, root + here)
    swapped = placement.blocks_to_swap
    if swapped > blocks:
        allowed = f"at most {blocks}, the number of blocks"
        raise InvalidValueError("placement.blocks_to_swap", swapped, allowed)
    return Placed(
        weight_bytes=whole,
        device_bytes=root + (blocks - swapped + min(swapped, 2)) * block,
        host_bytes=swapped * block,
        moved_bytes=swapped * block,
    )


def _moving(whole: int, here: int) -> Placed:
    """All weights wait on the host, and come in each pass."""
    return Placed(weight_bytes=whole, device_bytes=here, host_bytes=whole, moved_bytes=whole)


def _quantized(row: Stored, quantized: str | None) -> Stored:
    """A row with its matrix stored in another type, if it is one of a block."""
    if quantized is None or not row.matrix or not row.path.startswith(BLOCKS):
        return row
    elements, size = QUANTIZED[quantized]
    width = row.bytes // row.matrix  # of an element; the bias is small
    return row._replace(bytes=row.bytes - row.matrix * width + -(-row.matrix * size // elements))


def converted_bytes(stored: Iterable[Stored], placement: PlacementOptions) -> int:
    """The largest matrix that is converted as it is used, in the profile's type."""
    if placement.quantized is None:
        return 0
    sizes = [row.bytes for row in stored if row.matrix and row.path.startswith(BLOCKS)]
    return max(sizes)
