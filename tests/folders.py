"""Configuration folders as the two projects publish them.

Facts of the official files: Wan2.1 wan/modules (what `register_to_config` keeps). Facts of diffusers':
its conversion script for Wan and the configurations of the classes that it names.
"""

import json

SMALL = {"dim": 1536, "ffn_dim": 8960, "num_heads": 12, "num_layers": 30}
LARGE = {"dim": 5120, "ffn_dim": 13824, "num_heads": 40, "num_layers": 40}

OFFICIAL = {
    "wan2_1_t2v_1_3b": SMALL | {"model_type": "t2v", "in_dim": 16},
    "wan2_1_t2v_14b": LARGE | {"model_type": "t2v", "in_dim": 16},
    "wan2_1_i2v_14b": LARGE | {"model_type": "i2v", "in_dim": 36},
    "wan2_1_flf2v_14b": LARGE | {"model_type": "flf2v", "in_dim": 36},
    "wan2_1_vace_1_3b": SMALL
    | {"model_type": "vace", "in_dim": 16, "vace_layers": list(range(0, 30, 2)), "vace_in_dim": 96},
    "wan2_1_vace_14b": LARGE
    | {"model_type": "vace", "in_dim": 16, "vace_layers": list(range(0, 40, 5)), "vace_in_dim": 96},
    "wan2_2_t2v_a14b": LARGE | {"model_type": "t2v", "in_dim": 16},
    "wan2_2_i2v_a14b": LARGE | {"model_type": "i2v", "in_dim": 36},
    "wan2_2_ti2v_5b": {
        "dim": 3072,
        "ffn_dim": 14336,
        "num_heads": 24,
        "num_layers": 30,
        "model_type": "ti2v",
        "in_dim": 48,
        "out_dim": 48,
    },
}
EXPERTS = ("high_noise_model", "low_noise_model")
SCHEDULES = {"wan2_2_t2v_a14b": (0.875, 12.0), "wan2_2_i2v_a14b": (0.9, 5.0)}
"""The boundary and the shift of models with two experts."""


PUBLISHED = {
    "wan2_1_t2v_1_3b": "Wan2.1-T2V-1.3B",
    "wan2_1_t2v_14b": "Wan2.1-T2V-14B",
    "wan2_1_i2v_14b": "Wan2.1-I2V-14B-720P",
    "wan2_1_flf2v_14b": "Wan2.1-FLF2V-14B-720P",
    "wan2_1_vace_1_3b": "Wan2.1-VACE-1.3B",
    "wan2_1_vace_14b": "Wan2.1-VACE-14B",
    "wan2_2_t2v_a14b": "Wan2.2-T2V-A14B",
    "wan2_2_i2v_a14b": "Wan2.2-I2V-A14B",
    "wan2_2_ti2v_5b": "Wan2.2-TI2V-5B",
}
"""What the folders are called where they are published; in diffusers' layout, with -Diffusers."""


def official(folder, name, **changes):
    """The folder of a model in the official layout, its weights a file that nobody can read."""
    folder = folder / PUBLISHED[name]
    config = {
        "_class_name": "VaceWanModel" if "vace" in name else "WanModel",
        "_diffusers_version": "0.30.0",
        "eps": 1e-06,
        "freq_dim": 256,
        "out_dim": 16,
        "text_len": 512,
        **OFFICIAL[name],
    }
    for part in EXPERTS if name in SCHEDULES else ("",):
        write(folder / part / "config.json", config | changes)
    for weights in ("diffusion_pytorch_model.safetensors", "Wan2.1_VAE.pth"):
        (folder / weights).write_bytes(b"never opened")
    return folder


def transformer(name):
    """`transformer/config.json` of diffusers."""
    shape = OFFICIAL[name]
    config = {
        "_class_name": "WanTransformer3DModel",
        "_diffusers_version": "0.33.0.dev0",
        "added_kv_proj_dim": None,
        "attention_head_dim": 128,
        "cross_attn_norm": True,
        "eps": 1e-06,
        "ffn_dim": shape["ffn_dim"],
        "freq_dim": 256,
        "image_dim": None,
        "in_channels": shape["in_dim"],
        "num_attention_heads": shape["num_heads"],
        "num_layers": shape["num_layers"],
        "out_channels": shape.get("out_dim", 16),
        "patch_size": [1, 2, 2],
        "qk_norm": "rms_norm_across_heads",
        "rope_max_seq_len": 1024,
        "text_dim": 4096,
    }
    if shape["model_type"] in ("i2v", "flf2v") and name not in SCHEDULES:
        config |= {"added_kv_proj_dim": shape["dim"], "image_dim": 1280}
    if shape["model_type"] == "flf2v":
        config |= {"pos_embed_seq_len": 514}
    if shape["model_type"] == "vace":
        config |= {"_class_name": "WanVACETransformer3DModel", "vace_in_channels": 96}
        config |= {"vace_layers": shape["vace_layers"]}
    return config


TEXT_ENCODER = {
    "architectures": ["UMT5EncoderModel"],
    "d_ff": 10240,
    "d_kv": 64,
    "d_model": 4096,
    "dense_act_fn": "gelu_new",
    "feed_forward_proj": "gated-gelu",
    "model_type": "umt5",
    "num_heads": 64,
    "num_layers": 24,
    "relative_attention_num_buckets": 32,
    "vocab_size": 256384,
}
IMAGE_ENCODER = {
    "architectures": ["CLIPVisionModel"],
    "hidden_act": "gelu",
    "hidden_size": 1280,
    "image_size": 224,
    "intermediate_size": 5120,
    "model_type": "clip_vision_model",
    "num_attention_heads": 16,
    "num_channels": 3,
    "num_hidden_layers": 32,
    "patch_size": 14,
}
VAE = {
    "_class_name": "AutoencoderKLWan",
    "attn_scales": [],
    "base_dim": 96,
    "dim_mult": [1, 2, 4, 4],
    "dropout": 0.0,
    "num_res_blocks": 2,
    "temperal_downsample": [False, True, True],
    "z_dim": 16,
}
VAE_5B = VAE | {
    "base_dim": 160,
    "decoder_base_dim": 256,
    "in_channels": 12,
    "is_residual": True,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_spatial": 16,
    "scale_factor_temporal": 4,
    "z_dim": 48,
}
SCHEDULER = {
    "_class_name": "UniPCMultistepScheduler",
    "num_train_timesteps": 1000,
    "prediction_type": "flow_prediction",
    "use_flow_sigmas": True,
}
PIPELINES = {"i2v": "WanImageToVideoPipeline", "flf2v": "WanImageToVideoPipeline"}


def diffusers(folder, name):
    """The folder of a model in diffusers' layout."""
    folder = folder / f"{PUBLISHED[name]}-Diffusers"
    task = OFFICIAL[name]["model_type"]
    index = {
        "_class_name": PIPELINES.get(task, "WanVACEPipeline" if task == "vace" else "WanPipeline"),
        "scheduler": ["diffusers", "UniPCMultistepScheduler"],
        "text_encoder": ["transformers", "UMT5EncoderModel"],
        "tokenizer": ["transformers", "T5TokenizerFast"],
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "vae": ["diffusers", "AutoencoderKLWan"],
    }
    if name in SCHEDULES:
        boundary, shift = SCHEDULES[name]
        index |= {"boundary_ratio": boundary, "transformer_2": index["transformer"]}
        write(folder / "transformer_2" / "config.json", transformer(name))
        write(folder / "scheduler" / "scheduler_config.json", SCHEDULER | {"flow_shift": shift})
    elif task == "ti2v":
        index |= {"expand_timesteps": True, "boundary_ratio": None, "transformer_2": [None, None]}
    elif task in PIPELINES:
        index["image_encoder"] = ["transformers", "CLIPVisionModel"]
        write(folder / "image_encoder" / "config.json", IMAGE_ENCODER)
    write(folder / "model_index.json", index)
    write(folder / "transformer" / "config.json", transformer(name))
    write(folder / "text_encoder" / "config.json", TEXT_ENCODER)
    write(folder / "vae" / "config.json", VAE_5B if task == "ti2v" else VAE)
    return folder


def write(path, config):
    """A JSON file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=2))


def change(path, **changes):
    """Change keys of a JSON file; `...` removes one."""
    config = json.loads(path.read_text()) | changes
    write(path, {key: value for key, value in config.items() if value is not ...})
