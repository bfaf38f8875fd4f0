"""Self- and cross-attention: their parts, and what is live around each."""

import pytest

from wanmeter import InvalidValueError, walk
from wanmeter.layers import AttentionCore, CrossAttention, Linear, SelfAttention

SHAPE = {"batch_size": 2, "tokens": 3, "dim": 24, "num_heads": 4}
X = 2 * 2 * 3 * 24  # bytes of x, and of q, k, v for multi-head attention
TABLE = 2 * 3 * 6  # bytes of the rotary table, [tokens, head_dim]


def parts(layer):
    return {visit.path: visit for visit in walk(layer)}


def test_the_parts_are_those_of_the_reference_in_order():
    assert list(parts(SelfAttention(**SHAPE))) == [
        "q",
        "k",
        "v",
        "norm_q",
        "norm_k",
        "rope",
        "core",
        "o",
    ]


def test_what_is_live_around_each_part():
    """q is live while k and v are computed; x is freed after v; the caller's table stays live throughout."""
    held = {path: visit.held_bytes for path, visit in parts(SelfAttention(**SHAPE)).items()}
    assert held == {
        "q": TABLE,
        "k": TABLE + X,
        "v": TABLE + 2 * X,
        "norm_q": TABLE + 2 * X,
        "norm_k": TABLE + 2 * X,
        "rope": X,
        "core": TABLE,
        "o": TABLE,
    }


def test_the_peak_is_at_the_rotary_embedding():
    """q and k before and after it, v, and the table."""
    assert SelfAttention(**SHAPE).cost.activation_bytes == 5 * X + TABLE


def test_switches_remove_their_parts():
    bare = SelfAttention(**SHAPE, qk_norm=False, rotary=False)
    assert list(parts(bare)) == ["q", "k", "v", "core", "o"]
    assert parts(bare)["q"].held_bytes == 0


def test_cached_keys_and_values_are_kept_once():
    cost = SelfAttention(**SHAPE, need_cache_kv=True).cost
    assert cost.kv_cache_bytes == 2 * X
    assert SelfAttention(**SHAPE).cost.kv_cache_bytes == 0


@pytest.mark.parametrize(
    ("attention_type", "given", "kv_heads"),
    [("mha", {}, 4), ("mqa", {}, 1), ("gqa", {"num_kv_heads": 2}, 2)],
)
def test_key_value_heads(attention_type, given, kv_heads):
    layer = SelfAttention(**SHAPE, attention_type=attention_type, **given)
    project = layer.children[1].layer
    assert project == Linear(batch_size=2, tokens=3, in_features=24, out_features=kv_heads * 6)
    core = next(child.layer for child in layer.children if child.name == "core")
    assert core == AttentionCore(
        batch_size=2, tokens=3, context_tokens=3, num_heads=4, num_kv_heads=kv_heads, head_dim=6
    )


@pytest.mark.parametrize(
    ("attention_type", "num_kv_heads"), [("mha", 2), ("mqa", 2), ("gqa", 3), ("gqa", 0)]
)
def test_key_value_heads_that_do_not_suit(attention_type, num_kv_heads):
    with pytest.raises(InvalidValueError, match=r"SelfAttention\.num_kv_heads: got "):
        SelfAttention(**SHAPE, attention_type=attention_type, num_kv_heads=num_kv_heads)


def test_heads_divide_the_width():
    with pytest.raises(
        InvalidValueError, match=r"num_heads: got 5; allowed: a divisor of dim = 24"
    ):
        SelfAttention(batch_size=1, tokens=1, dim=24, num_heads=5)


def test_cross_attention_keeps_the_callers_context():
    layer = CrossAttention(**SHAPE, context_tokens=5)
    text = 2 * 2 * 5 * 24
    held = {path: visit.held_bytes for path, visit in parts(layer).items()}
    assert held == {
        "q": text,
        "k": X,
        "v": X + text,
        "norm_q": 3 * text,
        "norm_k": X + 2 * text,
        "core": text,
        "o": text,
    }


def test_as_many_key_value_heads_as_heads_however_many():
    """Counts are compared by value: 2 x 200 is 400."""
    heads = 400
    layer = SelfAttention(
        batch_size=1, tokens=2, dim=2 * heads, num_heads=heads, num_kv_heads=2 * (heads // 2)
    )
    assert layer.num_kv_heads == heads


def test_grouped_queries_say_in_how_many_groups():
    with pytest.raises(
        InvalidValueError, match=r"got None; .* it is required when attention_type is"
    ):
        SelfAttention(batch_size=1, tokens=2, dim=16, num_heads=4, attention_type="gqa")
