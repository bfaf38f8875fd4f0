"""Element types, by PyTorch's names, and the type that two of them give together."""

from typing import NamedTuple


class DType(NamedTuple):
    """An element type. Of two types, PyTorch promotes to the one of the higher `rank`.

    Of the two types of two bytes, it promotes to float32.
    """

    rank: int
    name: str
    bytes: int


BOOL = DType(-1, "bool", 1)
INT32 = DType(0, "int32", 4)
INT64 = DType(1, "int64", 8)
UINT64 = DType(1, "uint64", 8)
FLOAT16 = DType(2, "float16", 2)
BFLOAT16 = DType(2, "bfloat16", 2)
FLOAT32 = DType(3, "float32", 4)
FLOAT64 = DType(4, "float64", 8)
COMPLEX128 = DType(5, "complex128", 16)

BY_BITS = {16: BFLOAT16, 32: FLOAT32}
"""The types that a model is stored in, by bits per element."""


def promoted(*dtypes: DType) -> DType:
    """The type of an operator's result on tensors of these types."""
    widest = max(dtypes)
    both = {FLOAT16, BFLOAT16}
    return FLOAT32 if widest in both and both.issubset(dtypes) else widest
