"""The arithmetic that formulas are written in: `+ - * //` and the two helpers here.

Formulas use nothing else, and never the builtin `max` or `min`: they are polynomials and roundings of
their shapes, written once.
"""


def peak(*values: int) -> int:
    """The largest of some byte counts that are never live together; 0 if there are none."""
    return max(values, default=0)


def tensor_bytes(elements: int, bits: int) -> int:
    """Bytes of one tensor of `elements` elements of `bits` bits each, rounded up to whole bytes."""
    return -(-elements * bits // 8)
