"""Each leaf's formula, with expectations derived from the shapes."""

import pytest

from wanmeter import InvalidValueError, OperatorKind, StageCost
from wanmeter.layers import (
    Activation,
    AttentionCore,
    Conv3d,
    KVCache,
    LayerNorm,
    Linear,
    ModulationTable,
    Rearrange,
    ResidualAdd,
    RMSNorm,
    RotaryEmbedding,
    RotaryTable,
    SinusoidalEmbedding,
)

# Primes, so that no factor can stand in for another. Two bytes an element, one byte a parameter.
B, S, D, F, T = 2, 3, 5, 7, 11
SIZES = {"bits": 16, "weight_bits": 8}


def test_linear():
    layer = Linear(batch_size=B, tokens=S, in_features=D, out_features=F, **SIZES)
    assert layer.kind is OperatorKind.GEMM
    assert layer.cost == StageCost(
        flops=2 * B * S * D * F,
        vector_flops=B * S * F,  # the bias
        bytes_read=2 * B * S * D + (D * F + F),
        bytes_written=2 * B * S * F,
        params=D * F + F,
        weight_bytes=D * F + F,
        activation_bytes=2 * (B * S * D + B * S * F),
    )


def test_linear_without_bias():
    layer = Linear(batch_size=B, tokens=S, in_features=D, out_features=F, bias=False, **SIZES)
    assert layer.cost.vector_flops == 0
    assert layer.cost.params == layer.cost.weight_bytes == D * F


def test_each_tensor_is_rounded_to_bytes_on_its_own():
    """At 3 bits, W (35 elements) takes 14 bytes and b (7) takes 3: 17, where 42 at once would take 16."""
    layer = Linear(batch_size=1, tokens=1, in_features=D, out_features=F, bits=16, weight_bits=3)
    assert layer.cost.weight_bytes == 14 + 3


def test_layer_norm_affine():
    x = B * S * D
    assert LayerNorm(batch_size=B, tokens=S, dim=D, **SIZES).cost == StageCost(
        vector_flops=(5 + 2) * x,  # the norm; weight and bias
        bytes_read=2 * x + 2 * D,
        bytes_written=2 * x,
        params=2 * D,
        weight_bytes=2 * D,
        activation_bytes=4 * x,
    )


def test_layer_norm_modulated():
    x, vector = B * S * D, B * D
    layer = LayerNorm(batch_size=B, tokens=S, dim=D, affine=False, modulated=True, **SIZES)
    assert layer.cost == StageCost(
        vector_flops=(5 + 2) * x,  # the norm; scale and shift
        bytes_read=2 * (x + 2 * vector),
        bytes_written=2 * x,
        activation_bytes=2 * (2 * x + 2 * vector),
    )


def test_rms_norm():
    x = B * S * D
    assert RMSNorm(batch_size=B, tokens=S, dim=D, **SIZES).cost == StageCost(
        vector_flops=(3 + 1) * x,  # the norm; the weight
        bytes_read=2 * x + D,
        bytes_written=2 * x,
        params=D,
        weight_bytes=D,
        activation_bytes=4 * x,
    )


@pytest.mark.parametrize(
    ("act_fn", "ops"), [("GELUTanh", 9), ("GELUExact", 5), ("SiLU", 4), ("ReLU", 1)]
)
def test_activation(act_fn, ops):
    x = B * S * D
    assert Activation(batch_size=B, tokens=S, dim=D, act_fn=act_fn).cost == StageCost(
        vector_flops=ops * x, bytes_read=2 * x, bytes_written=2 * x, activation_bytes=4 * x
    )


def test_gated_activation_reads_the_gate_and_multiplies():
    x = B * S * D
    layer = Activation(batch_size=B, tokens=S, dim=D, act_fn="SiLU", gated=True)
    assert layer.cost == StageCost(
        vector_flops=(4 + 1) * x, bytes_read=4 * x, bytes_written=2 * x, activation_bytes=6 * x
    )


def test_residual_add():
    x = B * S * D
    assert ResidualAdd(batch_size=B, tokens=S, dim=D).cost == StageCost(
        vector_flops=x, bytes_read=4 * x, bytes_written=2 * x, activation_bytes=6 * x
    )


def test_gated_residual_add():
    x, gate = B * S * D, B * D
    assert ResidualAdd(batch_size=B, tokens=S, dim=D, gated=True).cost == StageCost(
        vector_flops=2 * x,
        bytes_read=2 * (2 * x + gate),
        bytes_written=2 * x,
        activation_bytes=2 * (3 * x + gate),
    )


@pytest.mark.parametrize(("shared", "read"), [(False, 6), (True, 1)])
def test_modulation_table(shared, read):
    """Six vectors come of six, or of one that all share."""
    layer = ModulationTable(batch_size=B, vectors=6, dim=D, shared=shared, **SIZES)
    assert layer.cost == StageCost(
        vector_flops=6 * B * D,
        bytes_read=2 * read * B * D + 6 * D,
        bytes_written=2 * 6 * B * D,
        params=6 * D,
        weight_bytes=6 * D,
        activation_bytes=2 * (read + 6) * B * D,
    )


def test_rearrange_moves_and_computes_nothing():
    assert Rearrange(elements=S).cost == StageCost(
        bytes_read=2 * S, bytes_written=2 * S, activation_bytes=4 * S
    )


def test_attention_core():
    """q k^T is [s, d] x [d, t] a head, scores v is [s, t] x [t, d]; scores stay on chip."""
    heads, kv_heads, width = 4, 2, 6
    layer = AttentionCore(
        batch_size=B,
        tokens=S,
        context_tokens=T,
        num_heads=heads,
        num_kv_heads=kv_heads,
        head_dim=width,
    )
    q, k = B * S * heads * width, B * T * kv_heads * width
    assert layer.cost == StageCost(
        flops=B * heads * (2 * S * width * T + 2 * S * T * width),
        vector_flops=(1 + 5) * B * heads * S * T,  # the scale; the softmax
        bytes_read=2 * (q + 2 * k),
        bytes_written=2 * q,
        activation_bytes=2 * (2 * q + 2 * k),
    )


def test_kv_cache_keeps_keys_and_values_outside_the_activations():
    k = B * S * 2 * 6
    layer = KVCache(batch_size=B, tokens=S, num_kv_heads=2, head_dim=6)
    assert layer.cost == StageCost(
        bytes_read=2 * 2 * k,
        bytes_written=2 * 2 * k,
        activation_bytes=2 * 2 * k,
        kv_cache_bytes=2 * 2 * k,
    )


def test_rotary_table_gathers_rows_of_three_axes():
    """Of 128, 2 x (128 // 6) = 42 go to height, 42 to width and the remaining 44 to frames."""
    f, h, w = 2, 3, 5
    assert RotaryTable(frames=f, height=h, width=w, head_dim=128).cost == StageCost(
        bytes_read=2 * (44 * f + 42 * h + 42 * w),
        bytes_written=2 * f * h * w * 128,
        activation_bytes=2 * (44 * f + 42 * h + 42 * w + f * h * w * 128),
    )


def test_rotary_embedding_turns_queries_and_keys():
    q, k, table = B * S * 4 * 6, B * S * 2 * 6, S * 6
    layer = RotaryEmbedding(batch_size=B, tokens=S, num_heads=4, num_kv_heads=2, head_dim=6)
    assert layer.cost == StageCost(
        vector_flops=6 * (q + k) // 2,  # 4 multiplies and 2 adds a pair
        bytes_read=2 * (q + k + table),
        bytes_written=2 * (q + k),
        activation_bytes=2 * (2 * (q + k) + table),
    )


def test_sinusoidal_embedding():
    assert SinusoidalEmbedding(batch_size=B, dim=D).cost == StageCost(
        vector_flops=2 * B * D,
        bytes_read=2 * B,
        bytes_written=2 * B * D,
        activation_bytes=2 * (B + B * D),
    )


def test_conv3d():
    """A patch embedding: kernel and stride (1, 2, 2)."""
    layer = Conv3d(
        batch_size=B,
        in_channels=D,
        out_channels=F,
        kernel_size=(1, 2, 2),
        input_size=(3, 4, 6),
        output_size=(3, 2, 3),
        **SIZES,
    )
    x, y, weight = B * D * 72, B * F * 18, F * D * 4
    assert layer.kind is OperatorKind.CONVOLUTION
    assert layer.cost == StageCost(
        flops=2 * y * D * 4,  # each output element is a product of D x 1 x 2 x 2 terms
        vector_flops=y,
        bytes_read=2 * x + weight + F,
        bytes_written=2 * y,
        params=weight + F,
        weight_bytes=weight + F,
        activation_bytes=2 * (x + y),
    )


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1"])
def test_shapes_are_positive_ints(value):
    with pytest.raises(InvalidValueError, match=r"Linear\.tokens: got .*a positive integer"):
        Linear(batch_size=1, tokens=value, in_features=1, out_features=1)


def test_an_unknown_activation_is_refused():
    with pytest.raises(
        InvalidValueError, match=r"Activation\.act_fn: got 'GELU'; allowed: GELUTanh"
    ):
        Activation(batch_size=1, tokens=1, dim=1, act_fn="GELU")
