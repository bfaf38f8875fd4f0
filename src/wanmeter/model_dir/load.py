"""A model from its folder."""

from pathlib import Path

from attrs import asdict, evolve, field, frozen

from wanmeter.errors import ConfigError, shown
from wanmeter.model_dir import diffusers, official
from wanmeter.model_dir.config_file import ConfigFile
from wanmeter.options import option_names
from wanmeter.wan.components import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.wan.specs import ModelSpec

# Wan2.1 generate.py, sample_steps.
STEPS = {"t2v": 50, "i2v": 40, "flf2v": 50, "vace": 50}


@frozen(kw_only=True)
class LoadedModel:
    """A model and its components, as its folder describes them; `meter` takes it for a model."""

    model: ModelSpec
    text_encoder: TextEncoderSpec = field(factory=TextEncoderSpec)
    image_encoder: ImageEncoderSpec = field(factory=ImageEncoderSpec)
    vae: VaeSpec = field(factory=VaeSpec)


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
    return _named(LAYOUTS[layout](folder), folder)


def _official(folder: Path) -> LoadedModel:
    file = ConfigFile.read(folder / "config.json")
    return LoadedModel(model=official.read_transformer(file, "unnamed"))


def _diffusers(folder: Path) -> LoadedModel:
    index = ConfigFile.read(folder / "model_index.json")
    index.expect("_class_name", *diffusers.PIPELINES)
    # A second transformer is what later models have: other ones.
    index.default("transformer_2", None, [None, None])

    def config(component: str) -> ConfigFile:
        if index[component] in (None, [None, None]):
            index.blame(component, "none; a Wan2.1 pipeline has one")
        return ConfigFile.read(folder / component / "config.json")

    transformer = config("transformer")
    model = diffusers.read_transformer(transformer, "unnamed")
    if model.task not in diffusers.PIPELINES[index["_class_name"]]:
        index.blame("_class_name", f"{index['_class_name']} does not go with {transformer.path}")
    loaded = LoadedModel(
        model=model,
        text_encoder=diffusers.read_text_encoder(config("text_encoder")),
        vae=diffusers.read_vae(config("vae")),
    )
    if not model.num_images:
        return loaded
    return evolve(loaded, image_encoder=diffusers.read_image_encoder(config("image_encoder")))


LAYOUTS = {"model_index.json": _diffusers, "config.json": _official}
"""By the file that each is known by; the first that is there counts."""


def _named(loaded: LoadedModel, folder: Path) -> LoadedModel:
    """With the name and the default steps of the packaged model that it is, or the folder's name."""
    steps = STEPS[loaded.model.task]
    name = "".join(c for c in folder.resolve().name if c.isprintable()) or "model"
    model = evolve(loaded.model, name=name, num_inference_steps=steps)
    for packaged in _packaged_models(model.task):
        if asdict(packaged) | {"name": name} == asdict(model):
            model = packaged
    return evolve(loaded, model=model)


def _packaged_models(task: str) -> list[ModelSpec]:
    """The packaged models of a task; of two that are one, the name that says the task."""
    # Hydra is slow to import, and nothing but a packaged name needs it.
    from wanmeter.composition import compose

    names = [name for name in option_names("model") if f"_{task}_" in name]
    return [compose([f"model={name}"]).model for name in names]
