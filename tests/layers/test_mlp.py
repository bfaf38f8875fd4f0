"""The MLP: plain and gated."""

from wanmeter import walk
from wanmeter.layers import Mlp

SHAPE = {"batch_size": 2, "tokens": 3, "dim": 5, "ffn_dim": 7}
X, H = 2 * 2 * 3 * 5, 2 * 2 * 3 * 7


def parts(layer):
    return {visit.path: visit for visit in walk(layer)}


def test_the_parts_in_order():
    assert list(parts(Mlp(**SHAPE))) == ["up_proj", "act", "down_proj"]
    assert list(parts(Mlp(**SHAPE, gated=True))) == ["up_proj", "gate_proj", "act", "down_proj"]


def test_nothing_is_held_unless_gated_or_borrowed():
    assert [v.held_bytes for v in walk(Mlp(**SHAPE))] == [0, 0, 0]
    assert [v.held_bytes for v in walk(Mlp(**SHAPE, borrowed=True))] == [0, X, X]
    # x waits for the gate while it goes up; then the hidden state waits for its gate.
    assert [v.held_bytes for v in walk(Mlp(**SHAPE, gated=True))] == [0, H, 0, 0]


def test_a_gate_is_a_third_projection():
    plain, gated = Mlp(**SHAPE).cost, Mlp(**SHAPE, gated=True).cost
    assert gated.flops - plain.flops == 2 * 2 * 3 * 5 * 7
    assert gated.params - plain.params == 5 * 7 + 7


def test_out_dim_is_dim_unless_given():
    assert Mlp(**SHAPE) == Mlp(**SHAPE, out_dim=5)
    assert Mlp(**SHAPE, out_dim=11).cost.bytes_written == 2 * 2 * 3 * (7 + 7 + 11)


def test_biases_can_be_left_out():
    assert Mlp(**SHAPE, use_bias=False).cost.params == 2 * 5 * 7
