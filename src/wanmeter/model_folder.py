"""`load_model_dir`: reads a model from its folder."""

import os
from pathlib import Path

from attrs import evolve

from wanmeter.errors import ConfigError, shown
from wanmeter.models import FAMILIES, LoadedModel
from wanmeter.naming import is_published, packaged_name

LAYOUTS = sorted(
    {name for family in FAMILIES for name in family.layouts()},
    key=lambda name: (name.endswith(".json"), name != "model_index.json", name),
)
"""Files and folders that identify a layout; the first one found decides: experts, then an index."""

FILES = tuple(name for name in LAYOUTS if name.endswith(".json"))
PARTS = ("transformer", "transformer_2", "high_noise_model", "low_noise_model")
"""Folders of a transformer within that of its model, which has the name."""
LORA_FILES = ("adapter_config.json", "pytorch_lora_weights.safetensors")
"""Source: peft and diffusers, the names under which each saves an adapter."""
LORA = "a LoRA, not a model; cost the model that it was trained on: merged, it changes no cost"
CHECKPOINT = (
    "a file, not a directory; of a checkpoint in a single file give the folder with its configuration,"
    " or choose a model by name and override what differs"
)


def load_model_dir(directory: str | Path) -> LoadedModel:
    """The model that the configuration files in `directory` describe; weights are never opened.

    Three layouts are known: the official one (`config.json`, the transformer's, or for two experts
    `high_noise_model/` and `low_noise_model/`), a diffusers pipeline (`model_index.json`, and
    `transformer/`, `text_encoder/`, `vae/`, `image_encoder/` with a `config.json` each), and a transformer
    of such a pipeline alone. Every key is known, or refused.

    The model takes its folder's name, and says which packaged model it equals and what is assumed of it.

    Raises:
        ConfigError: a file or key is missing, malformed or contradictory; the error names both.
    """
    try:
        folder = Path(directory)
        if folder.is_file():
            raise ConfigError(str(directory), CHECKPOINT)
        if not folder.is_dir():
            raise ConfigError(str(directory), "not a directory")
        layout = next((name for name in LAYOUTS if (folder / name).exists()), None)
    except (TypeError, ValueError) as error:
        raise ConfigError(shown(directory), f"not a directory: {error}") from error
    except OSError as error:
        raise ConfigError(str(directory), error.strerror or str(error)) from error
    if layout is None:
        lora = any((folder / name).exists() for name in LORA_FILES)
        raise ConfigError(
            str(directory), LORA if lora else f"not a model folder: it has no {' or '.join(FILES)}"
        )
    return _named(_read(folder, layout), folder)


def _read(folder: Path, layout: str) -> LoadedModel:
    """Read a folder by the first family whose it is."""
    for family in FAMILIES:
        if (read := family.layouts().get(layout)) and (loaded := read(folder)):
            return loaded
    raise ConfigError(str(folder / layout), "a model of no family that is known")


def _named(loaded: LoadedModel, folder: Path) -> LoadedModel:
    """With its folder's name, the packaged model's that it equals, and what is assumed."""
    own = _folder_name(folder)
    model = evolve(loaded.model, name=own)
    equal = packaged_name(model)
    name = own if equal is None else equal if is_published(equal, own) else f"{own} ({equal})"
    if loaded.assumed:
        name += f" (assumed: {'; '.join(loaded.assumed)})"
    return evolve(loaded, model=evolve(model, name=name))


def _folder_name(folder: Path) -> str:
    """The name of the folder, or of the repository where it is a component's or a cached snapshot."""
    whole = Path(os.path.abspath(folder))  # of a link its own name
    if whole.name in PARTS:
        whole = whole.parent
    # The Hub's cache has models--owner--name/snapshots/commit.
    if whole.parent.name == "snapshots" and whole.parent.parent.name.startswith("models--"):
        whole = Path(whole.parent.parent.name.rpartition("--")[2])
    return "".join(c for c in whole.name if c.isprintable()) or "model"
