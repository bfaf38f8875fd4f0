"""The official layout: the transformer's `config.json`. The other components have none: they are Wan's own."""

from wanmeter.model_dir.config_file import ConfigFile
from wanmeter.wan.specs import ModelSpec

CLASSES = {"WanModel": ("t2v", "i2v", "flf2v"), "VaceWanModel": ("vace",)}
"""Classes of the official code, and the model types of each. Source: Wan2.1 wan/modules."""

_KEYS = {
    "task": "model_type",
    "dim": "dim",
    "ffn_dim": "ffn_dim",
    "num_heads": "num_heads",
    "num_layers": "num_layers",
    "in_dim": "in_dim",
    "out_dim": "out_dim",
    "freq_dim": "freq_dim",
}


def read_transformer(file: ConfigFile, name: str) -> ModelSpec:
    """The transformer of an official `config.json`."""
    file.expect("_class_name", *CLASSES)
    file.expect("model_type", *CLASSES[file["_class_name"]])
    file.default("text_len", 512)
    # What the official loader does not read, as no model has it otherwise: it must not say so either.
    # Source: Wan2.1 wan/modules/model.py, WanModel.ignore_for_config, and the defaults of WanModel.
    file.default("patch_size", [1, 2, 2])
    file.default("text_dim", 4096)
    file.default("window_size", [-1, -1])
    for norm in ("qk_norm", "cross_attn_norm"):
        file.default(norm, True)
    keys = dict(_KEYS)
    if file["model_type"] != "vace":
        file.default("vace_layers", None)
    else:
        keys |= {"vace_layers": "vace_layers", "vace_in_dim": "vace_in_dim"}
    return file.build(ModelSpec, keys, name=name)
