"""Each leaf's formula, with expectations derived from the shapes."""

import pytest

from wanmeter import InvalidValueError, OperatorKind, Precision, StageCost
from wanmeter.layers import (
    Activation,
    AttentionCore,
    CausalConv3d,
    Conv3d,
    FrameCache,
    KVCache,
    LayerNorm,
    Linear,
    ModulationTable,
    Pointwise,
    PositionEmbedding,
    Rearrange,
    RelativePositionBias,
    ResidualAdd,
    RMSNorm,
    RotaryEmbedding,
    RotaryTable,
    SinusoidalEmbedding,
    TokenEmbedding,
    Upsample,
)

# Primes, so that no factor can stand in for another. Two bytes an element, one byte a parameter.
B, S, D, F, T = 2, 3, 5, 7, 11
SIZES = {"precision": Precision(bits=16, weight_bits=8)}


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
    layer = Linear(
        batch_size=1, tokens=1, in_features=D, out_features=F, precision=Precision(weight_bits=3)
    )
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
    """Six vectors are made from six, or from one that all share."""
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
    """Each of the 3 frequencies: a product, a cosine, a sine."""
    assert SinusoidalEmbedding(batch_size=B, dim=6).cost == StageCost(
        vector_flops=3 * B * 3,
        bytes_read=2 * B,
        bytes_written=2 * B * 6,
        activation_bytes=2 * (B + B * 6),
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


def test_attention_core_with_a_position_bias():
    """The bias [heads, s, t] is read once, for all samples, and added; nothing is scaled."""
    shape = {"batch_size": B, "tokens": S, "context_tokens": T, "num_heads": 4, "num_kv_heads": 4}
    plain = AttentionCore(**shape, head_dim=6).cost
    biased = AttentionCore(**shape, head_dim=6, biased=True, scaled=False).cost
    assert biased.vector_flops == (5 + 1) * B * 4 * S * T == plain.vector_flops
    assert biased.bytes_read - plain.bytes_read == 2 * 4 * S * T
    assert biased.activation_bytes - plain.activation_bytes == 2 * 4 * S * T


def test_token_embedding_reads_the_rows_it_gathers():
    layer = TokenEmbedding(batch_size=B, tokens=S, num_embeddings=1000, dim=D, **SIZES)
    assert layer.cost == StageCost(
        bytes_read=8 * B * S + B * S * D,  # 64-bit ids; one-byte rows
        bytes_written=2 * B * S * D,
        params=1000 * D,
        weight_bytes=1000 * D,
        activation_bytes=8 * B * S + 2 * B * S * D,
    )


@pytest.mark.parametrize("class_token", [False, True])
def test_position_embedding(class_token):
    layer = PositionEmbedding(batch_size=B, tokens=S, dim=D, class_token=class_token, **SIZES)
    x, y = B * (S - class_token) * D, B * S * D
    learned = S * D + class_token * D
    assert layer.cost == StageCost(
        vector_flops=y,
        bytes_read=2 * x + learned,
        bytes_written=2 * y,
        params=learned,
        weight_bytes=learned,
        activation_bytes=2 * (x + y),
    )


def test_relative_position_bias():
    layer = RelativePositionBias(tokens=S, num_heads=4, num_buckets=32, **SIZES)
    assert layer.cost == StageCost(
        # Its 2 S - 1 distances look up fewer rows than there are.
        bytes_read=(2 * S - 1) * 4,
        bytes_written=2 * 4 * S * S,
        params=32 * 4,
        weight_bytes=32 * 4,
        activation_bytes=2 * 4 * S * S,
    )


@pytest.mark.parametrize(("tokens", "rows"), [(1, 1), (2, 3), (16, 31), (17, 32), (512, 32)])
def test_relative_position_bias_reads_no_more_rows_than_there_are_distances(tokens, rows):
    layer = RelativePositionBias(
        tokens=tokens, num_heads=4, num_buckets=32, precision=Precision(weight_bits=8)
    )
    assert layer.cost.bytes_read == rows * 4


def test_upsample_copies():
    x = B * D * 3 * 4 * 6
    assert Upsample(batch_size=B, channels=D, size=(3, 4, 6)).cost == StageCost(
        bytes_read=2 * x, bytes_written=4 * 2 * x, activation_bytes=5 * 2 * x
    )


def test_causal_conv_reads_and_writes_its_cache_besides():
    conv = Conv3d(
        batch_size=B,
        in_channels=D,
        out_channels=F,
        kernel_size=(3, 3, 3),
        input_size=(4, 4, 6),
        output_size=(4, 4, 6),
        **SIZES,
    )
    causal = CausalConv3d(conv=conv, cached_frames=1, kept_frames=2)
    frame = 2 * B * D * 4 * 6
    assert (causal.cached_bytes, causal.kept_bytes) == (frame, 2 * frame)
    assert causal.cost.bytes_read == conv.cost.bytes_read + frame
    assert causal.cost.bytes_written == conv.cost.bytes_written + 2 * frame
    assert causal.cost.activation_bytes == conv.cost.activation_bytes + 3 * frame
    for field in ("flops", "vector_flops", "params", "weight_bytes"):
        assert getattr(causal.cost, field) == getattr(conv.cost, field)


def test_pointwise():
    assert Pointwise(elements=S, ops=2).cost == StageCost(
        vector_flops=2 * S, bytes_read=2 * S, bytes_written=2 * S, activation_bytes=4 * S
    )


def test_frame_cache_copies():
    x = 2 * B * D * 4 * 6
    cache = FrameCache(batch_size=B, channels=D, size=(1, 4, 6))
    assert cache.cost == StageCost(bytes_read=x, bytes_written=x, activation_bytes=2 * x)
    assert cache.kept_bytes == x


def test_scaled_residual_add():
    x = B * S * D
    layer = ResidualAdd(batch_size=B, tokens=S, dim=D, scaled=True)
    assert layer.cost.vector_flops == 2 * x
    assert layer.cost.bytes_read == 4 * x


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1"])
def test_shapes_are_positive_ints(value):
    with pytest.raises(InvalidValueError, match=r"Linear\.tokens: got .*a positive integer"):
        Linear(batch_size=1, tokens=value, in_features=1, out_features=1)


def test_an_unknown_activation_is_refused():
    with pytest.raises(
        InvalidValueError, match=r"Activation\.act_fn: got 'GELU'; allowed: GELUTanh"
    ):
        Activation(batch_size=1, tokens=1, dim=1, act_fn="GELU")
