"""Components as diffusers folders describe them: a `config.json` each, read strictly."""

from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.config_file import ConfigFile

TEXT_ENCODER, IMAGE_ENCODER, VAE = "UMT5EncoderModel", "CLIPVisionModel", "AutoencoderKLWan"

# The names that transformers has for activation functions, and ours.
_ACTIVATIONS = {"gelu": "GELUExact", "gelu_new": "GELUTanh", "gelu_pytorch_tanh": "GELUTanh"}


def read_text_encoder(file: ConfigFile) -> TextEncoderSpec:
    """The text encoder. Source: transformers models/umt5/configuration_umt5.py."""
    file.expect("architectures", [TEXT_ENCODER])
    file.default("feed_forward_proj", "gated-gelu")
    file.default("dense_act_fn", "gelu_new")
    file.default("is_gated_act", True)
    keys = {
        "vocab_size": "vocab_size",
        "dim": "d_model",
        "head_dim": "d_kv",
        "num_heads": "num_heads",
        "ffn_dim": "d_ff",
        "num_layers": "num_layers",
        "num_buckets": "relative_attention_num_buckets",
    }
    return file.build(TextEncoderSpec, keys)


def read_image_encoder(file: ConfigFile) -> ImageEncoderSpec:
    """The image encoder, all but its last block run, as in the official code.

    Source: transformers models/clip/configuration_clip.py, CLIPVisionConfig.
    """
    file.expect("architectures", [IMAGE_ENCODER], ["CLIPVisionModelWithProjection"])
    file.default("num_channels", 3)
    file.expect("hidden_act", *_ACTIVATIONS)
    keys = {
        "image_size": "image_size",
        "patch_size": "patch_size",
        "dim": "hidden_size",
        "ffn_dim": "intermediate_size",
        "num_heads": "num_attention_heads",
        "num_layers": "num_hidden_layers",
    }
    return file.build(
        ImageEncoderSpec,
        keys,
        act_fn=_ACTIVATIONS[file["hidden_act"]],
        layers_run=max(file.positive_int("num_hidden_layers") - 1, 1),
    )


def read_vae(file: ConfigFile) -> VaeSpec:
    """The VAE. Source: diffusers models/autoencoders/autoencoder_kl_wan.py."""
    file.expect("_class_name", VAE)
    file.default("attn_scales", [])
    file.default("in_channels", 3)
    file.default("out_channels", 3)
    # What the VAE of later models has: another one.
    file.default("decoder_base_dim", None)
    file.default("is_residual", False)
    file.default("patch_size", None)
    keys = {
        "dim": "base_dim",
        "z_dim": "z_dim",
        "dim_mult": "dim_mult",
        "num_res_blocks": "num_res_blocks",
        "temporal_downsample": "temperal_downsample",
    }
    return file.build(VaeSpec, keys)
