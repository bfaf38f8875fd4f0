"""Folders of Wan2.2 models: what each file says, or why it is refused.

The layouts are those of Wan2.1. An official A14B has a folder for each expert, and a diffusers pipeline of
it `transformer` and `transformer_2`. Their files are Wan2.1's, and their keys too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from wanmeter.errors import ConfigError, InvalidValueError, shown
from wanmeter.models.components.diffusers_configs import DIFFUSERS, read_text_encoder, read_vae
from wanmeter.models.config_file import ConfigFile, Key, only, uncounted
from wanmeter.models.family import LoadedModel
from wanmeter.models.wan2_1.folders import (
    ABSENT,
    EXPERTS,
    SCHEDULERS,
    TRANSFORMER_KEYS,
    UNNAMED,
    WAN_MODEL_KEYS,
    component_file,
    index_of_wan2_2,
    is_expert,
    is_of_wan2_2,
    read_index,
)
from wanmeter.models.wan2_2.spec import VAE_5B, Wan22Spec

OFFICIAL: Mapping[str, Mapping[str, Any]] = {
    "t2v": {"boundary": 0.875, "sample_shift": 12.0, "num_inference_steps": 40},
    "i2v": {"boundary": 0.9, "sample_shift": 5.0, "num_inference_steps": 40},
    "ti2v": {"boundary": None, "sample_shift": 5.0, "num_inference_steps": 50},
}
"""What the official code adds to the files, by task. Source: Wan2.2 wan/configs."""

TASKS = {36: "i2v", 48: "ti2v"}
"""Tasks by the input channels of a transformer. Source: Wan2.2 wan/configs and the published files."""

CLASSES = {"WanModel": WAN_MODEL_KEYS, "WanTransformer3DModel": TRANSFORMER_KEYS}

# The steps are divided as by the official sampler, whose times a shift moves. Other spacings are refused.
SCHEDULER_KEYS = {
    **DIFFUSERS,
    **uncounted("algorithm_type", "base_image_seq_len", "base_shift", "beta_end", "beta_schedule"),
    **uncounted("beta_start", "disable_corrector", "dynamic_thresholding_ratio", "euler_at_final"),
    **uncounted("final_sigmas_type", "lambda_min_clipped", "lower_order_final", "max_shift"),
    **uncounted("max_image_seq_len", "predict_x0", "prediction_type", "rescale_betas_zero_snr"),
    **uncounted("sample_max_value", "scale_factors", "solver_order", "solver_p", "solver_type"),
    **uncounted("steps_offset", "stochastic_sampling", "thresholding", "time_shift_type"),
    **uncounted("trained_betas", "upscale_mode", "variance_type"),
    "flow_shift": Key(read="gives `sample_shift`"),
    "invert_sigmas": only(False),
    "num_train_timesteps": only(1000),
    "shift": Key(read="gives `sample_shift`"),
    "shift_terminal": only(None),
    "sigma_max": only(None),
    "sigma_min": only(None),
    "timestep_spacing": only("linspace"),
    "use_beta_sigmas": only(False),
    "use_dynamic_shifting": only(False),
    "use_exponential_sigmas": only(False),
    "use_flow_sigmas": Key(default=False, read="must be `True`, unless the class matches flows"),
    "use_karras_sigmas": only(False),
    "use_lu_lambdas": only(False),
}
"""Source: diffusers schedulers, the arguments of each class in `SCHEDULERS`."""

OTHER_EXPERT = "another expert like this one"
OTHER_COMPONENTS = "the other components of Wan2.2"


def _experts(folder: Path) -> LoadedModel:
    """An official A14B: a folder for each expert."""
    return LoadedModel(model=_of_two(*(folder / name / "config.json" for name in EXPERTS)))


def _config(folder: Path) -> LoadedModel | None:
    """A transformer alone: that of a 5B, or an expert of an A14B."""
    path = folder / "config.json"
    file = ConfigFile.read_class(path, CLASSES)
    if not (is_expert(folder) or is_of_wan2_2(file)):
        return None
    model = _transformer(file)
    assumed = [] if file["_class_name"] == "WanModel" else [OTHER_COMPONENTS]
    if model.task == "ti2v":
        return LoadedModel(model=model, vae=VAE_5B, assumed=tuple(assumed))
    return LoadedModel(model=model, assumed=(*assumed, OTHER_EXPERT))


def _diffusers(folder: Path) -> LoadedModel | None:
    index = read_index(folder)
    if not index_of_wan2_2(index):
        return None
    first = component_file(index, "transformer")
    if index["expand_timesteps"]:
        index.expect("boundary_ratio", None)
        index.expect("transformer_2", *ABSENT)
        model = _transformer(ConfigFile.read_class(first, CLASSES))
        index.expect("_class_name", "WanPipeline", "WanImageToVideoPipeline")
        if model.task != "ti2v":
            index.blame("expand_timesteps", f"does not go with the channels of {first}")
    else:
        model = _of_two(first, component_file(index, "transformer_2"))
        task = "i2v" if index["_class_name"] == "WanImageToVideoPipeline" else "t2v"
        if model.task != task:
            index.blame("_class_name", f"{index['_class_name']} does not go with {first}")
        boundary = index["boundary_ratio"]
        if type(boundary) is not float or not 0 < boundary < 1:
            problem = f"got {shown(boundary)}; allowed: a number between 0 and 1"
            index.blame("boundary_ratio", problem)
        model = evolve(model, boundary=boundary)
    model, assumed = _with_shift(model, index)
    return LoadedModel(
        model=model,
        text_encoder=read_text_encoder(component_file(index, "text_encoder")),
        vae=read_vae(component_file(index, "vae")),
        assumed=assumed,
    )


def _of_two(first: Path, second: Path) -> Wan22Spec:
    """The model of two experts, which must be alike."""
    experts = [_transformer(ConfigFile.read_class(path, CLASSES)) for path in (first, second)]
    if experts[0] != experts[1]:
        raise ConfigError(str(second), f"differs from {first}; two experts have equal dimensions")
    if experts[0].boundary is None:
        raise ConfigError(str(first), "an expert of a model that has one transformer")
    return experts[0]


def _transformer(file: ConfigFile) -> Wan22Spec:
    """One transformer; its class and its channels tell the task."""
    if file["_class_name"] == "WanModel":
        file.expect("model_type", *OFFICIAL)
        task: str = file["model_type"]
        return file.build(Wan22Spec, name=UNNAMED, **OFFICIAL[task])
    for key in ("image_dim", "added_kv_proj_dim", "pos_embed_seq_len"):
        file.expect(key, None)
    task = TASKS.get(file["in_channels"], "t2v")
    dim = file.positive_int("num_attention_heads") * file.positive_int("attention_head_dim")
    return file.build(Wan22Spec, name=UNNAMED, task=task, dim=dim, **OFFICIAL[task])


def _with_shift(model: Wan22Spec, index: ConfigFile) -> tuple[Wan22Spec, tuple[str, ...]]:
    """The model with its pipeline's shift, and what is assumed if no file says it."""
    path = index.path.parent / "scheduler" / "scheduler_config.json"
    if not path.exists():
        return model, (f"a shift of {model.sample_shift:g}",) if model.boundary else ()
    named = index["scheduler"][1:] if index["scheduler"] else SCHEDULERS
    file = ConfigFile.read_class(path, dict.fromkeys(named, SCHEDULER_KEYS))
    matches_flow = file["_class_name"].startswith("FlowMatch")
    key = "shift" if matches_flow else "flow_shift"
    if not matches_flow:
        file.expect("use_flow_sigmas", True)
    shift = 1.0 if file[key] is None else file[key]
    try:
        return evolve(model, sample_shift=shift), ()
    except InvalidValueError as error:
        file.blame(key, error.problem)


LAYOUTS = {
    "model_index.json": _diffusers,
    **dict.fromkeys(EXPERTS, _experts),
    "config.json": _config,
}
"""By the file or folder that each is known by."""
