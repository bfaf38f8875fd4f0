"""Model specs refuse what no model could be."""

import pytest

from wanmeter import InvalidValueError, ModelSpec, TransformerOptions

SHAPE = {"name": "m", "dim": 24, "ffn_dim": 48, "num_heads": 2, "num_layers": 1}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("dim", 0, "model.dim: got 0; allowed: a positive integer"),
        ("name", 12, "model.name: got 12; allowed: a name"),
        ("name", "", "model.name: got ''; allowed: a name"),
        ("num_heads", 5, "model.num_heads: got 5; allowed: a divisor of dim / 2 = 12"),
        ("num_heads", 8, "model.num_heads: got 8; allowed: a divisor of dim / 2 = 12"),
    ],
)
def test_invalid_models(field, value, message):
    with pytest.raises(InvalidValueError, match=message):
        ModelSpec(**(SHAPE | {field: value}))


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("scope", "half", "full, core"),
        ("act_fn", "gelu", "GELUTanh, GELUExact, SiLU, ReLU"),
        ("qk_norm", "yes", "true or false"),
        ("bits", 0, "a positive integer"),
        ("weight_bits", 4.0, "a positive integer"),
    ],
)
def test_invalid_options(field, value, allowed):
    with pytest.raises(InvalidValueError, match=f"transformer.{field}: got .*; allowed: {allowed}"):
        TransformerOptions(**{field: value})


def test_the_width_of_a_head():
    assert ModelSpec(**SHAPE).head_dim == 12
