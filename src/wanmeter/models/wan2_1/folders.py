"""Folders of Wan2.1 models, official and diffusers layout: what each file says, or why it is refused.

The official layout has the transformer's `config.json` alone; the other components are Wan's own.
"""

from collections.abc import Mapping
from pathlib import Path

from attrs import evolve

from wanmeter.models.components.diffusers_configs import (
    read_image_encoder,
    read_text_encoder,
    read_vae,
)
from wanmeter.models.config_file import ConfigFile
from wanmeter.models.family import LoadedModel
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.spec import ModelSpec

STEPS = {"t2v": 50, "i2v": 40, "flf2v": 50, "vace": 50}
"""Default steps by task. Source: Wan2.1 generate.py, sample_steps."""
UNNAMED = "unnamed"
"""The name of a model until its folder's is known."""
OFFICIAL_CLASSES = {"WanModel": ("t2v", "i2v", "flf2v"), "VaceWanModel": ("vace",)}
"""Classes of the official code, and the model types of each. Source: Wan2.1 wan/modules."""

_OFFICIAL_KEYS = {
    "dim": "dim",
    "ffn_dim": "ffn_dim",
    "num_heads": "num_heads",
    "num_layers": "num_layers",
    "in_dim": "in_dim",
    "out_dim": "out_dim",
    "freq_dim": "freq_dim",
}

PIPELINES = {
    "WanPipeline": ("t2v",),
    "WanImageToVideoPipeline": ("i2v", "flf2v"),
    "WanVACEPipeline": ("vace",),
}
"""Pipeline classes, and the tasks of each. Source: diffusers pipelines/wan."""
TRANSFORMERS = ("WanTransformer3DModel", "WanVACETransformer3DModel")


def _official(folder: Path) -> LoadedModel:
    file = ConfigFile.read(folder / "config.json")
    return LoadedModel(model=_official_transformer(file))


def _official_transformer(file: ConfigFile) -> ModelSpec:
    """The transformer of an official `config.json`."""
    file.expect("_class_name", *OFFICIAL_CLASSES)
    file.expect("model_type", *OFFICIAL_CLASSES[file["_class_name"]])
    file.default("text_len", 512)
    # What the official loader does not read, as no model has it otherwise: it must not say so either.
    # Source: Wan2.1 wan/modules/model.py, WanModel.ignore_for_config, and the defaults of WanModel.
    file.default("patch_size", list(GEOMETRY.patch_size))
    file.default("text_dim", 4096)
    file.default("window_size", [-1, -1])
    for norm in ("qk_norm", "cross_attn_norm"):
        file.default(norm, True)
    keys = dict(_OFFICIAL_KEYS)
    if file["model_type"] != "vace":
        file.default("vace_layers", None)
    else:
        keys |= {"vace_layers": "vace_layers", "vace_in_dim": "vace_in_dim"}
    return _model(file, keys, task=file["model_type"])


def _diffusers(folder: Path) -> LoadedModel:
    index = ConfigFile.read(folder / "model_index.json")
    index.expect("_class_name", *PIPELINES)
    # A second transformer is what later models have: other ones.
    index.default("transformer_2", None, [None, None])

    def config(component: str) -> ConfigFile:
        if index[component] in (None, [None, None]):
            index.blame(component, "none; a Wan2.1 pipeline has one")
        return ConfigFile.read(folder / component / "config.json")

    transformer = config("transformer")
    model = _diffusers_transformer(transformer)
    if model.task not in PIPELINES[index["_class_name"]]:
        index.blame("_class_name", f"{index['_class_name']} does not go with {transformer.path}")
    loaded = LoadedModel(
        model=model,
        text_encoder=read_text_encoder(config("text_encoder")),
        vae=read_vae(config("vae")),
    )
    if not model.num_images:
        return loaded
    return evolve(loaded, image_encoder=read_image_encoder(config("image_encoder")))


def _diffusers_transformer(file: ConfigFile) -> ModelSpec:
    """The transformer; its task is told by its class and by what it attends to.

    Source: diffusers models/transformers/transformer_wan.py and transformer_wan_vace.py.
    """
    file.expect("_class_name", *TRANSFORMERS)
    file.expect("patch_size", list(GEOMETRY.patch_size))
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
    return _model(file, keys, task=task, dim=dim)


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


def _model(file: ConfigFile, keys: Mapping[str, str], **known: object) -> ModelSpec:
    steps = STEPS[str(known["task"])]
    return file.build(ModelSpec, keys, name=UNNAMED, num_inference_steps=steps, **known)


LAYOUTS = {"model_index.json": _diffusers, "config.json": _official}
"""By the file that each is known by; the first that is there counts."""
