"""The diffusers layout: `model_index.json`, and a folder with a `config.json` for each component."""

from wanmeter.model_dir.config_file import ConfigFile
from wanmeter.wan.components import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.wan.geometry import PATCH_SIZE
from wanmeter.wan.specs import ModelSpec

PIPELINES = {
    "WanPipeline": ("t2v",),
    "WanImageToVideoPipeline": ("i2v", "flf2v"),
    "WanVACEPipeline": ("vace",),
}
"""Pipeline classes, and the tasks of each. Source: diffusers pipelines/wan."""
TRANSFORMERS = ("WanTransformer3DModel", "WanVACETransformer3DModel")
TEXT_ENCODER, IMAGE_ENCODER, VAE = "UMT5EncoderModel", "CLIPVisionModel", "AutoencoderKLWan"

# The names that transformers has for activation functions, and ours.
_ACTIVATIONS = {"gelu": "GELUExact", "gelu_new": "GELUTanh", "gelu_pytorch_tanh": "GELUTanh"}


def read_transformer(file: ConfigFile, name: str) -> ModelSpec:
    """The transformer; its task is told by its class and by what it attends to.

    Source: diffusers models/transformers/transformer_wan.py and transformer_wan_vace.py.
    """
    file.expect("_class_name", *TRANSFORMERS)
    file.expect("patch_size", list(PATCH_SIZE))
    file.default("qk_norm", "rms_norm_across_heads")
    file.default("cross_attn_norm", True)
    file.default("rope_max_seq_len", 1024)
    dim = file.positive_int("num_attention_heads") * file.positive_int("attention_head_dim")
    keys = {
        "ffn_dim": "ffn_dim",
        "num_heads": "num_attention_heads",
        "num_layers": "num_layers",
        "in_dim": "in_channels",
        "out_dim": "out_channels",
        "freq_dim": "freq_dim",
        "text_dim": "text_dim",
    }
    task = _task(file)
    if task == "vace":
        keys |= {"vace_layers": "vace_layers", "vace_in_dim": "vace_in_channels"}
    if task in ("i2v", "flf2v"):
        keys |= {"image_dim": "image_dim"}
        file.expect("added_kv_proj_dim", dim)
    else:
        file.default("added_kv_proj_dim", None)
    return file.build(ModelSpec, keys, name=name, task=task, dim=dim)


def _task(file: ConfigFile) -> str:
    if file["_class_name"] == "WanVACETransformer3DModel":
        file.default("image_dim", None)
        return "vace"
    if file.values.get("image_dim") is None:
        file.default("pos_embed_seq_len", None)
        return "t2v"
    # Learned positions for two images of 257 tokens tell the two apart.
    file.default("pos_embed_seq_len", None, 514)
    return "i2v" if file.values.get("pos_embed_seq_len") is None else "flf2v"


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
