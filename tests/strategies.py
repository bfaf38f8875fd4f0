"""Hypothesis strategies shared by the tests."""

from hypothesis import strategies as st

from wanmeter import (
    CrossAttentionSpec,
    MlpSpec,
    Operator,
    OperatorKind,
    Precision,
    SelfAttentionSpec,
    StageCost,
    Tensor,
    Workload,
)
from wanmeter.configs import option_names
from wanmeter.conventions import ACTIVATION_OPS

EVERY_MODEL = tuple(name for name in option_names("model") if "t2i" not in name)
"""The packaged models that make videos."""

VIDEO_MODELS = tuple(name for name in EVERY_MODEL if name.startswith("wan2_1"))
"""Those of Wan2.1."""

counts = st.integers(min_value=0, max_value=10**30)
repeats = st.integers(min_value=1, max_value=1000)
costs = st.builds(
    StageCost,
    **dict.fromkeys(
        (
            "flops",
            "vector_flops",
            "bytes_read",
            "bytes_written",
            "params",
            "weight_bytes",
            "activation_bytes",
            "kv_cache_bytes",
        ),
        counts,
    ),
)

small = st.integers(min_value=1, max_value=50)
bits = st.sampled_from([3, 4, 8, 16, 32])
precisions = st.builds(Precision, bits=bits, weight_bits=bits)

_tensors = st.lists(st.builds(Tensor, counts, bits), max_size=3).map(tuple)
operators = st.builds(
    Operator,
    kind=st.just(OperatorKind.GEMM),
    flops=counts,
    vector_flops=counts,
    inputs=_tensors,
    outputs=_tensors,
    weights=_tensors,
    weights_read=st.none() | _tensors,
    kv_cache=_tensors,
)
"""Any operator, of one kind."""

_shape = {"batch_size": small, "tokens": small, "precision": precisions}


@st.composite
def heads(draw):
    """A width, and a number of heads of even width that divides it."""
    num_heads = draw(st.integers(1, 12))
    return {"num_heads": num_heads, "dim": num_heads * 2 * draw(st.integers(1, 20))}


@st.composite
def self_attention_specs(draw):
    """Any self-attention."""
    return draw(
        st.builds(SelfAttentionSpec, qk_norm=st.booleans(), **_shape, **_fixed(draw(heads())))
    )


@st.composite
def cross_attention_specs(draw):
    """Any cross-attention."""
    shape = {
        "context_tokens": small,
        "image_tokens": st.integers(0, 50),
        "qk_norm": st.booleans(),
        **_shape,
    }
    return draw(st.builds(CrossAttentionSpec, **shape, **_fixed(draw(heads()))))


mlp_specs = st.builds(
    MlpSpec, dim=small, ffn_dim=small, act_fn=st.sampled_from(sorted(ACTIVATION_OPS)), **_shape
)


def _fixed(values):
    return {name: st.just(value) for name, value in values.items()}


workloads = st.builds(
    Workload,
    batch_size=st.integers(1, 4),
    num_frames=st.integers(0, 60).map(lambda k: 4 * k + 1),
    height=st.integers(1, 90).map(lambda k: 16 * k),
    width=st.integers(1, 90).map(lambda k: 16 * k),
    num_inference_steps=st.integers(1, 60),
    guidance=st.booleans(),
    text_len=st.integers(1, 600),
)
