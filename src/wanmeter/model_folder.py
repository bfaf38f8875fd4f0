"""`load_model_dir`: a model from its folder, under its own name."""

from pathlib import Path

from attrs import asdict, evolve

from wanmeter.configs import option_names
from wanmeter.errors import ConfigError, shown
from wanmeter.models import FAMILIES, LoadedModel, ModelSpec

LAYOUTS = tuple(dict.fromkeys(name for family in FAMILIES for name in family.layouts()))
"""The files that layouts are known by; the first that is there counts."""


def load_model_dir(directory: str | Path) -> LoadedModel:
    """The model whose configuration files stand in `directory`; weights are never opened.

    Two layouts are known: the official one (`config.json`, the transformer's) and diffusers'
    (`model_index.json`, and `transformer/`, `text_encoder/`, `vae/`, `image_encoder/` with a
    `config.json` each). A model that is one of the packaged ones takes its name, any other the
    folder's.

    Raises:
        ConfigError: a file or key that is missing, malformed or contradictory; it names both.
    """
    try:
        folder = Path(directory)
        if not folder.is_dir():
            raise ConfigError(str(directory), "not a directory")
        layout = next((name for name in LAYOUTS if (folder / name).exists()), None)
    except (TypeError, ValueError) as error:
        raise ConfigError(shown(directory), f"not a directory: {error}") from error
    except OSError as error:
        raise ConfigError(str(directory), error.strerror or str(error)) from error
    if layout is None:
        raise ConfigError(str(directory), f"holds neither {' nor '.join(LAYOUTS)}")
    return _named(_read(folder, layout), folder)


def _read(folder: Path, layout: str) -> LoadedModel:
    """What the first family makes of a folder that takes it; else what the first has against it."""
    refusals = []
    for family in FAMILIES:
        if read := family.layouts().get(layout):
            try:
                return read(folder)
            except ConfigError as error:
                refusals.append(error)
    raise refusals[0]


def _named(loaded: LoadedModel, folder: Path) -> LoadedModel:
    """With the name of the packaged model that it is, or the folder's name."""
    name = "".join(c for c in folder.resolve().name if c.isprintable()) or "model"
    model = evolve(loaded.model, name=name)
    for packaged in _packaged_models(model.task):
        if asdict(packaged) | {"name": name} == asdict(model):
            model = packaged
    return evolve(loaded, model=model)


def _packaged_models(task: str) -> list[ModelSpec]:
    """The packaged models of a task; of two that are one, the name that says the task."""
    # Hydra is slow to import, and nothing but a packaged name needs it.
    from wanmeter.configuring import configure

    names = [name for name in option_names("model") if f"_{task}_" in name]
    return [configure(name).model for name in names]
