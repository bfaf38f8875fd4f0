"""The operators that are timed: shapes, and the FLOPs or bytes that follow from them."""

from typing import Literal

from attrs import frozen

from wanmeter.units import GIB

BYTES = {"bf16": 2, "fp32": 4}
"""Of one element."""


@frozen(kw_only=True)
class Matmul:
    """F.linear: x [rows, inner] @ weight [columns, inner]^T -> [rows, columns].

    In `tf32`, elements are of float32, and the matrix units may round them to TF32.
    """

    rows: int
    inner: int
    columns: int
    dtype: Literal["bf16", "tf32", "fp32"]

    @property
    def work(self) -> int:
        """FLOPs: a multiplication and an addition for each element of x and each column."""
        return 2 * self.rows * self.inner * self.columns

    def __str__(self) -> str:
        return f"[{self.rows}, {self.inner}] x [{self.inner}, {self.columns}]"


@frozen(kw_only=True)
class Attention:
    """Attention without a mask in bfloat16: q, k, v [1, tokens, heads, head_dim] -> the same shape.

    Approximation: what the last, partly empty wave of thread blocks costs is in the rate. It is about 1 %
    with 40 heads, and estimates count it once more.
    """

    kernel: str
    tokens: int
    heads: int
    head_dim: int

    @property
    def work(self) -> int:
        """FLOPs of the two products, without the softmax between them."""
        # q [h, s, d] @ k [h, s, d]^T -> scores [h, s, s]
        scores = 2 * self.heads * self.tokens * self.head_dim * self.tokens
        # scores [h, s, s] @ v [h, s, d] -> [h, s, d]
        values = 2 * self.heads * self.tokens * self.tokens * self.head_dim
        return scores + values

    def __str__(self) -> str:
        return f"{self.tokens} tokens, {self.heads} heads, head_dim {self.head_dim}, no mask"


@frozen(kw_only=True)
class Elementwise:
    """An operator on x [rows, width] in bfloat16: copy it, add a row to all of its rows, or cast it to float32."""

    operator: Literal["copy", "add", "cast"]
    rows: int
    width: int

    @property
    def work(self) -> int:
        """Bytes read and written."""
        elements = self.rows * self.width
        row = self.width if self.operator == "add" else 0
        written = BYTES["fp32" if self.operator == "cast" else "bf16"]
        return (elements + row) * BYTES["bf16"] + elements * written

    def __str__(self) -> str:
        return f"{self.operator} [{self.rows}, {self.width}]"


@frozen(kw_only=True)
class Convolution:
    """F.conv3d that keeps the shape: x [1, channels, frames, height, width], padded by kernel_size // 2."""

    channels: int
    frames: int
    height: int
    width: int
    kernel_size: int
    dtype: Literal["bf16", "fp32"]

    @property
    def work(self) -> int:
        """FLOPs: a product of [outputs, channels x kernel_size^3] and [channels x kernel_size^3, channels]."""
        outputs = self.frames * self.height * self.width
        return 2 * outputs * self.channels * self.kernel_size**3 * self.channels

    def __str__(self) -> str:
        shape = [1, self.channels, self.frames, self.height, self.width]
        kernel = "x".join([str(self.kernel_size)] * 3)
        return f"{kernel} convolution of {shape} to {self.channels} channels"


@frozen(kw_only=True)
class HostCopy:
    """A copy of a tensor from the host to the device."""

    pinned: bool
    size_bytes: int

    @property
    def work(self) -> int:
        """Bytes that cross the link."""
        return self.size_bytes

    def __str__(self) -> str:
        return f"copy of {self.size_bytes / GIB:g} GiB to the device"


Operator = Matmul | Attention | Elementwise | Convolution | HostCopy
"""Any of them. `work` is in FLOPs or bytes, `str()` says the shapes."""
