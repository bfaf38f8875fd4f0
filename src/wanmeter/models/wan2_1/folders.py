"""Folders of Wan2.1 models: what each file says, or why it is refused.

Three layouts are known: the official one (`config.json`, the transformer's; the other components are
Wan's own), a diffusers pipeline (`model_index.json` and a folder for each component), and the
`transformer` folder of such a pipeline alone.
"""

from pathlib import Path

from attrs import evolve

from wanmeter.models.components.checks import MAX_PATCHES
from wanmeter.models.components.diffusers_configs import (
    CLIP_CLASSES,
    DIFFUSERS,
    read_image_encoder,
    read_text_encoder,
    read_vae,
)
from wanmeter.models.config_file import ConfigFile, Key, gives, only, uncounted
from wanmeter.models.family import LoadedModel
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.spec import ModelSpec

STEPS = {"t2v": 50, "i2v": 40, "flf2v": 50, "vace": 50}
"""Default steps by task. Source: Wan2.1 generate.py, sample_steps."""
UNNAMED = "unnamed"
"""The name of a model until its folder's is known."""

WAN_MODEL_KEYS = {
    **DIFFUSERS,
    **uncounted("eps"),
    "cross_attn_norm": only(True),
    "dim": gives("dim", 2048),
    "ffn_dim": gives("ffn_dim", 8192),
    "freq_dim": gives("freq_dim", 256),
    "in_dim": gives("in_dim", 16),
    "model_type": gives("task", "t2v"),
    "num_heads": gives("num_heads", 16),
    "num_layers": gives("num_layers", 32),
    "out_dim": gives("out_dim", 16),
    "patch_size": only(list(GEOMETRY.patch_size)),
    "qk_norm": only(True),
    "text_dim": only(4096),
    "text_len": only(512),
    "window_size": only([-1, -1]),
}
"""Source: Wan2.1 wan/modules/model.py, WanModel."""

OFFICIAL_CLASSES = {
    "WanModel": WAN_MODEL_KEYS,
    "VaceWanModel": {
        **WAN_MODEL_KEYS,
        "model_type": only("vace", "t2v"),  # which it does not read
        "vace_in_dim": Key(read="gives `vace_in_dim`; `in_dim` if left out"),
        "vace_layers": Key(read="gives `vace_layers`; every second layer if left out"),
    },
}
"""The transformers of the official code. Source: Wan2.1 wan/modules/model.py, vace_model.py."""

TRANSFORMER_KEYS = {
    **DIFFUSERS,
    **uncounted("eps"),
    "added_kv_proj_dim": Key(read="must be `dim` beside an `image_dim`, and `None` without"),
    "attention_head_dim": Key(
        default=128, read="times `num_attention_heads` gives `dim`; 128 if left out"
    ),
    "cross_attn_norm": only(True),
    "ffn_dim": gives("ffn_dim", 13_824),
    "freq_dim": gives("freq_dim", 256),
    "image_dim": Key(read="gives `image_dim` of i2v and flf2v; t2v has none"),
    "in_channels": gives("in_dim", 16),
    "num_attention_heads": gives("num_heads", 40),
    "num_layers": gives("num_layers", 40),
    "out_channels": gives("out_dim", 16),
    "patch_size": only(list(GEOMETRY.patch_size)),
    # Learned positions for two images of 257 tokens are what tells flf2v from i2v.
    "pos_embed_seq_len": only(None, 514),
    "qk_norm": only("rms_norm_across_heads"),
    "rope_max_seq_len": only(MAX_PATCHES),
    "text_dim": gives("text_dim", 4096),
}
"""Source: diffusers models/transformers/transformer_wan.py, WanTransformer3DModel."""

DIFFUSERS_CLASSES = {
    "WanTransformer3DModel": TRANSFORMER_KEYS,
    "WanVACETransformer3DModel": {
        **TRANSFORMER_KEYS,
        "image_dim": only(None),
        "vace_in_channels": gives("vace_in_dim", 96),
        "vace_layers": gives("vace_layers", [0, 5, 10, 15, 20, 25, 30, 35]),
    },
}
"""The transformers of diffusers. Source: the file above, and transformer_wan_vace.py beside it."""

OF_WAN2_2 = "tells a Wan2.2 model"
ABSENT = (None, [None, None])
# With these schedulers one step is one evaluation of the model.
SCHEDULERS = (
    "UniPCMultistepScheduler",
    "FlowMatchEulerDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "FlowMatchLCMScheduler",
)
INDEX_KEYS = {
    **DIFFUSERS,
    **uncounted("image_processor", "tokenizer"),
    "boundary_ratio": Key(read=OF_WAN2_2),
    "expand_timesteps": Key(default=False, read=OF_WAN2_2),
    "image_encoder": only(*ABSENT, *(["transformers", name] for name in CLIP_CLASSES)),
    "scheduler": only(None, *(["diffusers", name] for name in SCHEDULERS)),
    "text_encoder": only(*ABSENT, ["transformers", "UMT5EncoderModel"]),
    "transformer": only(*ABSENT, *(["diffusers", name] for name in DIFFUSERS_CLASSES)),
    "transformer_2": only(*ABSENT, ["diffusers", "WanTransformer3DModel"]),
    "vae": only(*ABSENT, ["diffusers", "AutoencoderKLWan"]),
}
"""Source: diffusers pipelines/wan, the arguments of each pipeline."""

PIPELINES = {
    "WanPipeline": ("t2v", "t2i"),
    "WanImageToVideoPipeline": ("i2v", "flf2v"),
    "WanVACEPipeline": ("vace",),
}
"""Pipeline classes and the tasks of each. Source: diffusers pipelines/wan."""

EXPERTS = ("high_noise_model", "low_noise_model")
"""Folders of the two experts of a Wan2.2 A14B. Source: Wan2.2 wan/configs."""
A14B = {"dim": 5120, "ffn_dim": 13_824, "num_heads": 40, "num_layers": 40}
"""What an expert of Wan2.2 A14B shares with Wan2.1 14B, and with its configuration file."""
WAN2_2_CHANNELS = (36, 48)
"""Input channels of I2V-A14B and TI2V-5B, which attend to no image. Source: Wan2.2 wan/configs."""
COMPANIONS = (
    "Wan2.1_VAE.pth",
    "models_t5_umt5-xxl-enc-bf16.pth",
    "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth",
)
"""Checkpoints beside the `config.json` of a whole Wan2.1 model. Wan2.2 has its one folder above."""
OTHER_COMPONENTS = "the other components of Wan2.1"


def _config(folder: Path) -> LoadedModel | None:
    """A folder with a `config.json`: an official model, or the transformer of a diffusers pipeline."""
    if is_expert(folder):
        return None
    file = ConfigFile.read_class(folder / "config.json", OFFICIAL_CLASSES | DIFFUSERS_CLASSES)
    if is_of_wan2_2(file):
        return None
    if file["_class_name"] in DIFFUSERS_CLASSES:
        model = _diffusers_transformer(file)
        return LoadedModel(model=model, assumed=(OTHER_COMPONENTS, *_generation(model)))
    model = _official_transformer(file)
    whole_model = any((folder / name).exists() for name in COMPANIONS)
    return LoadedModel(model=model, assumed=() if whole_model else _generation(model))


def is_expert(folder: Path) -> bool:
    """Whether a folder has one of two transformers of a Wan2.2 model."""
    whole = folder.resolve()
    of_two = whole.name == "transformer" and (whole.parent / "transformer_2").exists()
    return of_two or whole.name in (*EXPERTS, "transformer_2")


def is_of_wan2_2(file: ConfigFile) -> bool:
    """Whether the file of a transformer alone is of a Wan2.2 model."""
    if file["_class_name"] == "WanModel":
        return bool(file["model_type"] == "ti2v")
    known = file["_class_name"] == "WanTransformer3DModel" and file["image_dim"] is None
    return known and file["in_channels"] in WAN2_2_CHANNELS


def _generation(model: ModelSpec) -> tuple[str, ...]:
    """What is assumed of a transformer alone: Wan2.2 has files that differ in nothing."""
    same = all(getattr(model, name) == value for name, value in A14B.items())
    return ("Wan2.1, not Wan2.2",) if same and model.task in ("t2v", "i2v") else ()


def _official_transformer(file: ConfigFile) -> ModelSpec:
    if file["_class_name"] == "WanModel":
        file.expect("model_type", "t2v", "i2v", "flf2v")
        return _model(file, task=file["model_type"])
    layers, width = file["vace_layers"], file["vace_in_dim"]
    return _model(
        file,
        task="vace",
        vace_layers=tuple(range(0, file.positive_int("num_layers"), 2))
        if layers is None
        else layers,
        vace_in_dim=file["in_dim"] if width is None else width,
    )


def read_index(folder: Path) -> ConfigFile:
    """The index of a diffusers pipeline."""
    return ConfigFile.read_class(folder / "model_index.json", dict.fromkeys(PIPELINES, INDEX_KEYS))


def index_of_wan2_2(index: ConfigFile) -> bool:
    """Whether the index is of a Wan2.2 pipeline."""
    keys = ("transformer_2", "boundary_ratio", "expand_timesteps")
    return any(index[key] not in (*ABSENT, False) for key in keys)


def component_file(index: ConfigFile, component: str) -> Path:
    """The configuration file of a component, which the index has."""
    if index[component] in ABSENT:
        index.blame(component, "none; the pipeline has one")
    return index.path.parent / component / "config.json"


def _diffusers(folder: Path) -> LoadedModel | None:
    index = read_index(folder)
    if index_of_wan2_2(index):
        return None

    def config(component: str) -> Path:
        return component_file(index, component)

    transformer = ConfigFile.read_class(config("transformer"), DIFFUSERS_CLASSES)
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
    """The transformer; its class and what it attends to tell its task."""
    dim = file.positive_int("num_attention_heads") * file.positive_int("attention_head_dim")
    if file["image_dim"] is not None:
        file.expect("added_kv_proj_dim", dim)
        task = "i2v" if file["pos_embed_seq_len"] is None else "flf2v"
        return _model(file, task=task, dim=dim, image_dim=file["image_dim"])
    file.expect("added_kv_proj_dim", None)
    file.expect("pos_embed_seq_len", None)
    if file["_class_name"] == "WanVACETransformer3DModel":
        return _model(file, task="vace", dim=dim)
    if is_of_wan2_2(file):
        problem = f"{file['in_channels']} without image_dim: a Wan2.2 model, but not its pipeline"
        file.blame("in_channels", problem)
    return _model(file, task="t2v", dim=dim)


def _model(file: ConfigFile, *, task: str, **known: object) -> ModelSpec:
    return file.build(ModelSpec, name=UNNAMED, task=task, num_inference_steps=STEPS[task], **known)


LAYOUTS = {
    "model_index.json": _diffusers,
    "config.json": _config,
}
"""By the file that each is known by."""
