"""PyTorch's operators on arrays: what each reads, writes and allocates."""

from wanmeter.execution.array import Array, made
from wanmeter.execution.dtype import BFLOAT16, FLOAT32, INT64, UINT64, promoted
from wanmeter.execution.part import Part
from wanmeter.execution.tape import Attended, Product
from wanmeter.validators import is_int

FLASH_HEAD_DIM = 256
"""Largest head_dim of the flash kernel. Source: PyTorch aten/src/ATen/native/transformers/cuda/sdp_utils.cpp."""


def cat(*arrays: Array) -> Array:
    """torch.cat along the rows, which copies even a single array."""
    rows = sum([each.rows for each in arrays])
    dtype = promoted(*[each.dtype for each in arrays])
    return made("cat", arrays, rows, arrays[0].width, dtype)


def cat_columns(*arrays: Array) -> Array:
    """torch.cat of arrays of equal rows along their columns."""
    width = sum([each.width for each in arrays])
    dtype = promoted(*[each.dtype for each in arrays])
    return made("cat", arrays, arrays[0].rows, width, dtype)


def stack(*arrays: Array) -> Array:
    """torch.stack, which copies even a single array."""
    first, *_ = arrays
    return made("stack", arrays, len(arrays) * first.rows, first.width, first.dtype)


def mean(x: Array) -> Array:
    """The mean of each row."""
    return made("mean", (x,), x.rows, 1, x.dtype)


def linear(part: Part, x: Array, weight: Array, bias: Array | None = None) -> Array:
    """F.linear: x [rows, in] @ weight [out, in]^T + bias [out] -> [rows, out].

    The rows are those of x: a GPU may have a share of the layer's, padded.
    """
    name, reads = ("mm", (x, weight)) if bias is None else ("addmm", (bias, x, weight))
    shape = part.matmul
    flops = flops_of(part, 2 * x.rows * shape.k * shape.n, 2 * shape.m * shape.k * shape.n)
    grid = Product(1, x.rows, shape.n)
    return made(name, reads, x.rows, shape.n, x.dtype, flops=flops, grid=grid)


def flops_of(part: Part, counted: int, whole: int) -> int:
    """The layer's own FLOPs; where a GPU has a share of the layer, those that are counted for it.

    A layer may have fewer than its shape says, as sparse attention does. `whole` is what its shape says.
    """
    difference = counted * part.samples - whole
    return part.flops if is_int(difference) and difference == 0 else counted


def layer_norm(x: Array, *weights: Array) -> Array:
    """F.layer_norm of each row: also writes their means and reciprocal deviations, in float32."""
    also = [(FLOAT32, x.rows), (FLOAT32, x.rows)]
    return made("native_layer_norm", (x, *weights), x.rows, x.width, x.dtype, also=also)


def rms_norm(x: Array, weight: Array, *, fused: bool = True) -> Array:
    """F.rms_norm of each row. As one kernel, it also writes the reciprocal deviations, in float32.

    Source: PyTorch aten/src/ATen/native/layer_norm.cpp, rms_norm_symint.
    """
    if not fused or x.dtype is not weight.dtype:
        return _rms_norm_composite(x, weight)
    also = [(FLOAT32, x.rows)]
    return made("_fused_rms_norm", (x, weight), x.rows, x.width, x.dtype, also=also)


def _rms_norm_composite(x: Array, weight: Array) -> Array:
    """rms_norm_composite. C++ keeps the squares for as long as the statement that they occur in."""
    upcasted_input = x.float()
    squares = upcasted_input.like("pow")
    rqrst_input = mean(squares).changed("add_").like("rsqrt")
    del squares
    upcasted_result = upcasted_input * rqrst_input
    upcasted_result = upcasted_result * weight
    del upcasted_input
    return upcasted_result.to(x.dtype)


def convolution(part: Part, x: Array, weight: Array, bias: Array | None = None) -> Array:
    """F.conv2d and F.conv3d: x -> [frames, samples x channels x height x width].

    A library may copy x and the result to another layout, or lower it to a product of columns.
    """
    shape = part.convolution
    frames, height, width = shape.output_size
    size = shape.batch_size // part.samples * shape.out_channels * height * width
    columns = weight.elements // shape.out_channels * frames * height * width
    batch = shape.batch_size // part.samples
    workspace = [each * x.dtype.bytes for each in (x.elements, frames * size, batch * columns)]
    reads = (x, weight) if bias is None else (x, weight, bias)
    return made("convolution", reads, frames, size, x.dtype, flops=part.flops, workspace=workspace)


def efficient_attention(part: Part, query: Array, key: Array, value: Array, *mask: Array) -> Array:
    """F.scaled_dot_product_attention where flash attention cannot run: the memory-efficient kernel.

    It also writes the state of the random number generator.

    Source: PyTorch aten/src/ATen/native/transformers/cuda/sdp_utils.cpp, which chooses the kernel.
    """
    return made(
        "_scaled_dot_product_efficient_attention",
        (query, key, value, *mask),
        query.rows,
        query.width,
        query.dtype,
        also=[(FLOAT32, 0), (INT64, 1), (INT64, 1)],
        flops=part.flops,
        grid=_attended(part),
    )


def flash_attention(part: Part, query: Array, key: Array, value: Array) -> Array:
    """F.scaled_dot_product_attention in bfloat16: the flash kernel.

    It also writes log-sum-exps, the state of the random number generator, and an empty mask.
    """
    shape = part.attention
    return made(
        "_scaled_dot_product_flash_attention",
        (query, key, value),
        query.rows,
        query.width,
        query.dtype,
        also=[
            (FLOAT32, shape.batch_size // part.samples * shape.num_heads * shape.queries),
            (UINT64, 2),
            (UINT64, 1),
            (query.dtype, 0),
        ],
        flops=part.flops,
        grid=_attended(part),
    )


def _attended(part: Part) -> Attended:
    """What an attention core computes in one call."""
    shape = part.attention
    heads = shape.batch_size // part.samples * shape.num_heads
    return Attended(heads, shape.queries, shape.head_dim)


def scaled_dot_product_attention(part: Part, query: Array, key: Array, value: Array) -> Array:
    """F.scaled_dot_product_attention without a mask: the first kernel that can run.

    Source: PyTorch aten/src/ATen/native/transformers/cuda/sdp_utils.cpp.
    """
    flash = query.dtype is BFLOAT16 and part.attention.head_dim <= FLASH_HEAD_DIM
    kernel = flash_attention if flash else efficient_attention
    return kernel(part, query, key, value)


def copy_(x: Array, source: Array) -> None:
    """Tensor.copy_: writes x, in its own type."""
    x.tape.record("copy_", [(source.dtype, source.bytes)], [(x.dtype, x.bytes)])


def embedding(weight: Array, indices: Array) -> Array:
    """F.embedding: indices [rows, columns] -> [rows, columns x width of a weight's row]."""
    found = weight.view(indices.rows, indices.width * weight.width)
    return made("embedding", (found, indices), found.rows, found.width, weight.dtype)
