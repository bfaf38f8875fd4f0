"""Model specs refuse what no model could be."""

import pytest
from attrs import evolve

from wanmeter import InvalidValueError, ModelSpec, TransformerOptions, VaeSpec, configure

SHAPE = {"name": "m", "dim": 24, "ffn_dim": 48, "num_heads": 2, "num_layers": 1}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("freq_dim", 1, "model.freq_dim: got 1; allowed: an even number"),
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


VACE = SHAPE | {"task": "vace", "num_layers": 4}


@pytest.mark.parametrize(
    ("layers", "allowed"),
    [
        ((), "ascending layers from 0 on"),
        ((1, 2), "ascending layers from 0 on"),
        ((0, 2, 1), "ascending layers from 0 on"),
        ((0, 0, 1), "ascending layers from 0 on"),
        ((0, 0), "ascending layers from 0 on"),
        ((0, 4), "layers below num_layers = 4"),
        ((0, 1, 9), "layers below num_layers = 4"),
    ],
)
def test_control_layers_are_layers(layers, allowed):
    with pytest.raises(InvalidValueError, match=rf"model.vace_layers: got .*; allowed: {allowed}"):
        ModelSpec(**VACE, vace_layers=layers)


def test_the_last_layer_may_have_a_hint():
    assert ModelSpec(**VACE, vace_layers=(0, 3)).vace_layers == (0, 3)


@pytest.mark.parametrize("widths", [(1, 2, 4), (1, 2, 4, 4, 4)])
def test_a_vae_has_a_level_more_than_steps_between(widths):
    with pytest.raises(InvalidValueError, match=r"vae.dim_mult: got .*; allowed: 4 levels"):
        VaeSpec(dim_mult=widths)


@pytest.mark.parametrize(
    ("steps", "stride"),
    [
        ((True, True), (4, 4, 4)),
        ((False, False, True, True), (4, 16, 16)),
        ((True, True, True), (8, 8, 8)),
        ((False, True, False), (2, 8, 8)),
    ],
)
def test_a_vae_of_another_stride_is_refused(steps, stride):
    """Each step halves the sides, and the frames where it says so; the models' latents are 4 x 8 x 8 pixels."""
    vae = VaeSpec(temporal_downsample=steps, dim_mult=(1,) * (len(steps) + 1))
    assert vae.stride == stride
    run = configure("wan2_1_t2v_1_3b")
    with pytest.raises(InvalidValueError, match=r"a stride of \(4, 8, 8\) pixels a latent"):
        evolve(run, vae=vae)
