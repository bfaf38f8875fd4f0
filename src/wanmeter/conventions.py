"""What the numbers mean: the table of vector operations, and the conventions that every report states.

Both packaged backends share these definitions. They share no formulas.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import asdict, frozen


class OperatorKind(StrEnum):
    """Kind of an operator, by which reports group costs."""

    GEMM = "gemm"
    CONVOLUTION = "convolution"
    ATTENTION = "attention"
    NORMALIZATION = "normalization"
    ELEMENTWISE = "elementwise"
    EMBEDDING = "embedding"
    RESAMPLING = "resampling"


@frozen(kw_only=True)
class VectorOps:
    """Vector operations per element. An elementary function (exp, tanh, erf, cos) counts as one.

    Work per row, such as the square root of a variance, is not counted.
    """

    bias: int = 1
    """Add."""
    residual: int = 1
    """Add."""
    gate: int = 1
    """Multiply."""
    modulation: int = 2
    """Multiply by (1 + scale), add shift."""
    modulation_table: int = 1
    """Add the learned table to the time projection, per element of the result."""
    layer_norm: int = 5
    """Sum for the mean, subtract it, square, sum for the variance, multiply by 1/(standard deviation)."""
    rms_norm: int = 3
    """Square, sum, multiply by 1/root-mean-square."""
    norm_weight: int = 1
    """Multiply by the learned weight."""
    norm_bias: int = 1
    """Add the learned bias."""
    attention_scale: int = 1
    """Multiply a score by 1/sqrt(head_dim)."""
    softmax: int = 5
    """Maximum, subtract it, exponential, sum, divide; per score."""
    attention_bias: int = 1
    """Add a position bias to a score."""
    position: int = 1
    """Add a learned position."""
    latent_scale: int = 2
    """Subtract a latent's mean and divide by its standard deviation, or the inverse."""
    clamp: int = 2
    """Minimum and maximum."""
    rotary: int = 3
    """Complex product: 4 multiplies and 2 adds per pair of elements."""
    sinusoid: int = 3
    """Multiply the position by the frequency, cosine, sine; per pair of elements."""
    gelu_tanh: int = 9
    """0.5 x (1 + tanh(c (x + 0.044715 x x x))): 6 multiplies, 2 adds, tanh."""
    gelu_exact: int = 5
    """0.5 x (1 + erf(x / sqrt(2))): 3 multiplies, an add, erf."""
    silu: int = 4
    """x / (1 + exp(-x)): negate, exponential, add, divide."""
    relu: int = 1
    """Maximum with zero."""


VECTOR_OPS = VectorOps()

ACTIVATION_OPS: Mapping[str, int] = MappingProxyType(
    {
        "GELUTanh": VECTOR_OPS.gelu_tanh,
        "GELUExact": VECTOR_OPS.gelu_exact,
        "SiLU": VECTOR_OPS.silu,
        "ReLU": VECTOR_OPS.relu,
    }
)
"""Operations per element of each activation function, by its name in configurations."""

NOT_MODELLED = (
    "the sampler's own arithmetic, and the guidance sum",
    "tokenising, and resizing or masking of input images and video",
    "copies that only put chunks, channels or frames together",
    "time, and several GPUs",
    "what an implementation adds to the mathematics: casts, float32 temporaries, workspaces, fragmentation",
)
"""What a pipeline's cost leaves out."""

CONVENTIONS: Mapping[str, object] = MappingProxyType(
    {
        "flops": (
            "matrix multiplies, convolutions and attention cores; 1 multiply-accumulate = 2 FLOPs;"
            " what torch.utils.flop_counter.FlopCounterMode counts on the meta device"
        ),
        "vector_flops": "element-wise and reduction work, by the operations per element in vector_ops",
        "io": (
            "each operator reads each of its input tensors and its weights once and writes its output"
            " once; the attention core is one fused operator, so that scores never reach memory; an"
            " embedding reads the rows that it looks up; a causal convolution reads and writes its cache"
        ),
        "activation_bytes": (
            "peak live bytes within one forward pass, weights and KV cache excluded, of unfused,"
            " out-of-place execution: an operator's inputs plus its output, plus what the modules around"
            " it keep alive (held_bytes)"
        ),
        "rows": (
            "a row's cost covers all its copies and all its calls; activation_bytes and weights do not"
            " grow with calls; a parent is the sum of its children, and for activation_bytes the"
            " maximum of activation_bytes + held_bytes over them"
        ),
        "units": "counts and bytes, exact integers",
        "not_modelled": "; ".join(NOT_MODELLED),
        "vector_ops": asdict(VECTOR_OPS),
    }
)
"""The conventions as every report states them."""
