"""The arithmetic that formulas are written in: `+ - * //` and the two helpers here.

Nothing else is used, so that the same formulas can be evaluated on symbols as well as on ints.
"""


def peak(*values: int) -> int:
    """The largest of some byte counts that are never live together; 0 if there are none."""
    return max(values, default=0)


def tensor_bytes(elements: int, bits: int) -> int:
    """Bytes of one tensor of `elements` elements of `bits` bits each, rounded up to whole bytes."""
    return -(-elements * bits // 8)
