"""Every key of a model folder's files: what is not known is refused, what is known does what its table says."""

import json

import pytest
from attrs import asdict
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.folders import change, diffusers, official
from tests.model_folder_keys import FILES, kind, tables
from tests.pages.page import PROJECT, with_part
from wanmeter import ConfigError, load_model_dir, meter

OTHER = {
    "decoder_dim": 256,
    "residual": True,
    "task": "i2v",
    "temporal_downsample": [True, True, False],
    "vace_layers": [0, 3],
}
"""Values that a field takes, where twice its own is none."""


def everything(folder):
    """All that a folder gives, but its name."""
    loaded = load_model_dir(folder)
    return asdict(loaded) | {"model": asdict(loaded.model) | {"name": ""}, "assumed": ()}


def keys_that(does):
    return [
        pytest.param(make, name, file, key, known, id=f"{file}-{cls}-{key}")
        for file, cls, keys, make, name in FILES
        for key, known in keys.items()
        if kind(known) == does
    ]


def given_or_default(path, key, known):
    return json.loads(path.read_text()).get(key, known.default)


@pytest.mark.parametrize(("make", "name", "file", "key", "known"), keys_that("gives"))
def test_a_key_that_gives_a_field_changes_it(tmp_path, make, name, file, key, known):
    folder = make(tmp_path, name)
    before = everything(folder)
    old = given_or_default(folder / file, key, known)
    new = OTHER.get(known.gives) or ([2 * n for n in old] if isinstance(old, list) else 2 * old)
    change(folder / file, **{key: new})
    if (file, key) == ("transformer/config.json", "num_attention_heads"):  # dim as it was
        change(folder / file, attention_head_dim=64)
    if file == "image_encoder/config.json" and key == "patch_size":
        change(folder / file, image_size=448)
        before["image_encoder"]["image_size"] = 448
    spec = "model" if file in ("config.json", "transformer/config.json") else file.split("/")[0]
    changed = {known.gives: tuple(new) if isinstance(new, list) else new}
    if known.gives == "task":
        changed["num_inference_steps"] = 40  # the official default of i2v
    if key == "num_hidden_layers":
        changed["layers_run"] = new - 1
    assert everything(folder) == before | {spec: before[spec] | changed}


# Source: the defaults of the classes. `pytest -m live` compares them with diffusers' and transformers' own.
DEFAULTS = [
    (official, "wan2_1_t2v_14b", "config.json", {}, "model", {"dim": 2048, "ffn_dim": 8192, "num_heads": 16, "num_layers": 32}),
    (official, "wan2_1_vace_14b", "config.json", {}, "model", {"vace_layers": tuple(range(0, 32, 2)), "vace_in_dim": 16}),
    (diffusers, "wan2_1_t2v_1_3b", "transformer/config.json", {}, "model", {"dim": 5120, "ffn_dim": 13824, "num_layers": 40}),
    (diffusers, "wan2_1_vace_1_3b", "transformer/config.json", {}, "model", {"vace_layers": tuple(range(0, 40, 5)), "vace_in_dim": 96}),
    (
        diffusers,
        "wan2_1_t2v_14b",
        "text_encoder/config.json",
        {},
        "text_encoder",
        {"vocab_size": 250112, "dim": 512, "head_dim": 64, "ffn_dim": 1024, "num_heads": 6, "num_layers": 8, "num_buckets": 32},
    ),
    (
        diffusers,
        "wan2_1_i2v_14b",
        "image_encoder/config.json",
        {"hidden_act": "gelu"},  # the class's own default is not modelled
        "image_encoder",
        {"dim": 768, "ffn_dim": 3072, "num_heads": 12, "num_layers": 12, "layers_run": 11, "patch_size": 32, "image_size": 224},
    ),
    (diffusers, "wan2_1_t2v_14b", "vae/config.json", {}, "vae", {"dim": 96, "z_dim": 16, "dim_mult": (1, 2, 4, 4)}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "name", "file", "left", "spec", "defaults"), DEFAULTS)
def test_a_file_of_nothing_is_the_class_as_it_is_by_default(
    tmp_path, make, name, file, left, spec, defaults
):
    folder = make(tmp_path, name)
    named = json.loads((folder / file).read_text()).get("_class_name")
    (folder / file).write_text(json.dumps(left | ({"_class_name": named} if named else {})))
    given = everything(folder)[spec]
    assert {key: given[key] for key in defaults} == defaults


@pytest.mark.parametrize(("make", "name", "file", "key", "known"), keys_that("only"))
def test_a_key_of_few_values_has_no_other(tmp_path, make, name, file, key, known):
    folder = make(tmp_path, name)
    for value in ("another", 7, 0.5, [3]):
        change(folder / file, **{key: value})
        with pytest.raises(ConfigError, match=f"{file}: {key}: got "):
            load_model_dir(folder)


@pytest.mark.parametrize(("make", "name", "file", "key", "known"), keys_that("uncounted"))
def test_a_key_that_counts_nothing_changes_nothing(tmp_path, make, name, file, key, known):
    folder = make(tmp_path, name)
    before = everything(folder)
    for value in ("another", 7, None, [3], {"a": True}):
        change(folder / file, **{key: value})
        assert everything(folder) == before


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder for each file, and what stands in it."""
    made = [
        (file, keys, make(tmp_path_factory.mktemp("model"), name))
        for file, _, keys, make, name in FILES
    ]
    return [
        (keys, folder / file, folder, (folder / file).read_text()) for file, keys, folder in made
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.integers(0, len(FILES) - 1),
    key=st.text(),
    value=st.none() | st.booleans() | st.integers() | st.text(),
)
@example(which=0, key="motion_encoder_dim", value=512)
@example(which=2, key="flf", value=True)
@example(which=3, key="quantization_config", value=None)
@example(which=5, key="quantization_config", value={})
def test_any_other_key_is_refused_by_file_and_key(published, which, key, value):
    keys, path, folder, text = published[which]
    if key in keys or key == "_class_name":
        return
    path.write_text(json.dumps(json.loads(text) | {key: value}))
    try:
        with pytest.raises(ConfigError) as error:
            load_model_dir(folder)
    finally:
        path.write_text(text)
    assert str(error.value).startswith(f"{path}: ")
    assert "not a key that is modelled; it may change what the model costs" in str(error.value)
    assert key in error.value.where


def test_the_page_lists_every_key():
    page = (PROJECT / "docs" / "model-folders.md").read_text()
    assert "<!-- written: keys -->" in page
    assert page == with_part(page, "keys", tables()), "nox -s readme"


# Sources: the parameter counts are those of the published checkpoints of the same sizes.
def test_official_vace_says_t2v_of_itself(tmp_path):
    folder = official(tmp_path, "wan2_1_vace_14b", model_type="t2v")
    assert (
        meter(load_model_dir(folder), "wan2-1-ci-tiny")["transformer"].cost.params == 17_337_592_896
    )


def test_a_diffusers_folder_of_defaults(tmp_path):
    folder = diffusers(tmp_path, "wan2_1_t2v_1_3b")
    change(
        folder / "transformer" / "config.json", freq_dim=..., qk_norm=..., eps=..., image_dim=...
    )
    change(folder / "text_encoder" / "config.json", architectures=..., d_kv=..., dense_act_fn=...)
    assert (
        meter(load_model_dir(folder), "wan2-1-ci-tiny")["transformer"].cost.params == 1_418_996_800
    )
