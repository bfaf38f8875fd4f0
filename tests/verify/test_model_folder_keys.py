"""The keys of model folders are those that diffusers and transformers have, with their defaults."""

import inspect

import pytest

from tests.model_folder_keys import kind
from wanmeter.models.components.diffusers_configs import (
    IMAGE_ENCODER_KEYS,
    PRETRAINED,
    TEXT_ENCODER_KEYS,
    VAE_KEYS,
)
from wanmeter.models.wan2_1.folders import DIFFUSERS_CLASSES, INDEX_KEYS, PIPELINES

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]

BESIDE_KEYS = {"_diffusers_version", "_name_or_path"}


@pytest.mark.parametrize("name", ["AutoencoderKLWan", *DIFFUSERS_CLASSES])
def test_a_class_of_diffusers(name):
    import diffusers

    keys = VAE_KEYS if name == "AutoencoderKLWan" else DIFFUSERS_CLASSES[name]
    arguments = inspect.signature(getattr(diffusers, name).__init__).parameters
    defaults = {name: each.default for name, each in arguments.items() if name != "self"}
    assert defaults.keys() | BESIDE_KEYS | {"clip_output"} == keys.keys() | {"clip_output"}
    for key, default in defaults.items():
        if kind(keys[key]) != "uncounted":
            listed = list(default) if isinstance(default, tuple) else default
            assert keys[key].default == listed, key


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_of_diffusers(name):
    import diffusers

    arguments = inspect.signature(getattr(diffusers, name).__init__).parameters
    assert set(arguments) - {"self"} <= INDEX_KEYS.keys()


def test_configurations_of_transformers():
    from transformers import CLIPVisionConfig, PretrainedConfig, UMT5Config

    assert (
        PretrainedConfig().to_dict().keys() - {"model_type", "architectures"} <= PRETRAINED.keys()
    )
    for config, keys in (
        (UMT5Config(), TEXT_ENCODER_KEYS),
        (CLIPVisionConfig(), IMAGE_ENCODER_KEYS),
    ):
        defaults = config.to_dict()
        assert defaults.keys() <= keys.keys()
        for key, known in keys.items():
            if kind(known) in ("gives", "only") and key in defaults:
                assert known.default == defaults[key], key
