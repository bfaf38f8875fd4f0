"""The official VAEs and encoders equal what the official code was recorded to do, to the byte."""

import pytest

from tests.execution.recorded import load, require_equal
from wanmeter.execution.dtype import BFLOAT16, FLOAT32
from wanmeter.execution.execution import Execution
from wanmeter.execution.official.image_encoder import image_encoder
from wanmeter.execution.official.text_encoder import text_encoder
from wanmeter.execution.official.vae import vae_decode, vae_encode
from wanmeter.models.components.encoders import ImageEncoder, TextEncoder
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.components.vae import VaeDecode, VaeEncode
from wanmeter.models.wan2_2.spec import VAE_5B

RECORDED = load("official_components.json")


VAES = {
    "vae_encode": VaeSpec(),
    "vae_encode_2_2": VAE_5B,
    "vae_decode_2_2": VAE_5B,
}
"""The dimensions of each VAE."""


def cases(*kinds):
    """The names of the cases of each kind."""
    return [(kind, name) for kind in kinds for name in RECORDED[kind]]


@pytest.mark.parametrize(("kind", "name"), cases("vae_encode", "vae_encode_2_2"))
def test_vae_encode_equals_the_official_one(kind, name):
    """Wan2.1's VAE and Wan2.2's encode videos of many sizes."""
    case = RECORDED[kind][name]
    layer = VaeEncode(spec=VAES[kind], batch_size=case["clips"], video=tuple(case["grid"]))
    require_equal(Execution.of(vae_encode, "vae_encode", layer, FLOAT32), case)


@pytest.mark.parametrize(("kind", "name"), cases("vae_decode_2_2"))
def test_vae_decode_equals_the_official_one(kind, name):
    """Wan2.2's VAE decodes latents of many sizes."""
    case = RECORDED[kind][name]
    layer = VaeDecode(spec=VAES[kind], batch_size=case["clips"], latents=tuple(case["grid"]))
    require_equal(Execution.of(vae_decode, "vae_decode", layer, FLOAT32), case)


@pytest.mark.parametrize("name", RECORDED["text_encoder"])
def test_text_encoder_equals_the_official_one(name):
    """UMT5 encodes prompts of any number of tokens."""
    case = RECORDED["text_encoder"][name]
    config, fields = case["config"], {}
    if config:
        fields = {
            "vocab_size": config["vocab_size"],
            "dim": config["dim"],
            "head_dim": config["dim_attn"] // config["num_heads"],
            "num_heads": config["num_heads"],
            "ffn_dim": config["dim_ffn"],
        }
    spec = TextEncoderSpec(num_layers=2, **fields)
    layer = TextEncoder(spec=spec, batch_size=case["prompts"], tokens=case["tokens"])
    require_equal(Execution.of(text_encoder, "text_encoder", layer, BFLOAT16), case)


@pytest.mark.parametrize("name", RECORDED["image_encoder"])
def test_image_encoder_equals_the_official_one(name):
    """CLIP encodes one image or several."""
    case = RECORDED["image_encoder"][name]
    config = case["config"]
    spec = ImageEncoderSpec(
        image_size=config["image_size"],
        dim=config["dim"],
        ffn_dim=config["mlp_ratio"] * config["dim"],
        num_heads=config["num_heads"],
        num_layers=3,
        layers_run=2,
    )
    layer = ImageEncoder(spec=spec, images=case["images"])
    require_equal(Execution.of(image_encoder, "image_encoder", layer, BFLOAT16), case)
