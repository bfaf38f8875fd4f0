"""Folders of Wan2.2 models, official and diffusers'."""

import json
import re

import pytest

from tests.folders import change, diffusers, official
from wanmeter import ConfigError, UnknownNameError, configure, load_model_dir, meter

A14B = ["wan2_2_t2v_a14b", "wan2_2_i2v_a14b"]
MODELS = [*A14B, "wan2_2_ti2v_5b"]


@pytest.mark.parametrize("layout", [official, diffusers])
@pytest.mark.parametrize("name", MODELS)
def test_a_published_folder_is_the_packaged_model(tmp_path, layout, name):
    report = meter(load_model_dir(layout(tmp_path, name)), "wan2-1-ci-tiny")
    packaged = meter(name, "wan2-1-ci-tiny")
    assert report.to_json() == packaged.to_json()


@pytest.mark.parametrize("name", A14B)
@pytest.mark.parametrize("expert", ["high_noise_model", "low_noise_model"])
def test_an_expert_alone_stands_for_both(tmp_path, name, expert):
    report = meter(load_model_dir(official(tmp_path, name) / expert), "wan2-1-ci-tiny")
    assert report.model.name == f"{name} (assumed: another expert like this one)"
    assert report.total == meter(name, "wan2-1-ci-tiny").total


@pytest.mark.parametrize("name", MODELS)
def test_the_transformer_of_a_pipeline_alone(tmp_path, name):
    report = meter(load_model_dir(diffusers(tmp_path, name) / "transformer"), "wan2-1-ci-tiny")
    assert report.model.name.startswith(f"{name} (assumed: the other components of Wan2.2")
    assert report.total == meter(name, "wan2-1-ci-tiny").total


def test_the_pipelines_own_shift_and_boundary_are_read(tmp_path):
    folder = diffusers(tmp_path, "wan2_2_t2v_a14b")
    change(folder / "scheduler" / "scheduler_config.json", flow_shift=3.0)
    change(folder / "model_index.json", boundary_ratio=0.5)
    model = load_model_dir(folder).model
    assert (model.sample_shift, model.boundary) == (3.0, 0.5)
    assert model.name == "Wan2.2-T2V-A14B-Diffusers"  # no packaged model


def test_without_a_scheduler_the_official_shift_is_assumed(tmp_path):
    folder = diffusers(tmp_path, "wan2_2_t2v_a14b")
    (folder / "scheduler" / "scheduler_config.json").unlink()
    assert load_model_dir(folder).model.name == "wan2_2_t2v_a14b (assumed: a shift of 12)"


def test_other_schedulers_have_another_key(tmp_path):
    folder = diffusers(tmp_path, "wan2_2_i2v_a14b")
    name = "FlowMatchEulerDiscreteScheduler"
    change(folder / "model_index.json", scheduler=["diffusers", name])
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps({"_class_name": name, "shift": 8}))
    assert load_model_dir(folder).model.sample_shift == 8.0


BROKEN = [
    ("model_index.json", {"boundary_ratio": "0.9"}, "boundary_ratio: got '0.9'; allowed: a number"),
    ("model_index.json", {"boundary_ratio": 2.0}, "boundary_ratio: got 2.0; allowed: a number bet"),
    ("model_index.json", {"boundary_ratio": None}, "boundary_ratio: got None; allowed: a number"),
    ("model_index.json", {"_class_name": "WanImageToVideoPipeline"}, "_class_name: WanImageToVid"),
    ("model_index.json", {"transformer_2": [None, None]}, "transformer_2: none; the pipeline has"),
    ("transformer_2/config.json", {"num_layers": 39}, "differs from "),
    ("transformer/config.json", {"image_dim": 1280}, "image_dim: got 1280; allowed: None"),
    ("scheduler/scheduler_config.json", {"flow_shift": 0}, "flow_shift: got 0.0; allowed: a pos"),
    ("scheduler/scheduler_config.json", {"use_karras_sigmas": True}, "use_karras_sigmas: got True"),
    ("scheduler/scheduler_config.json", {"use_flow_sigmas": ...}, "use_flow_sigmas: got False; al"),
    (
        "scheduler/scheduler_config.json",
        {"_class_name": "DPMSolverMultistepScheduler"},
        "_class_name: got 'DPMSolverMultistepScheduler'; allowed: 'UniPCMultistepScheduler'",
    ),
    ("model_index.json", {"transformer_2": "x"}, "transformer_2: got 'x'; allowed: None"),
    ("model_index.json", {"expand_timesteps": True}, "boundary_ratio: got 0.875; allowed: None"),
    ("scheduler/scheduler_config.json", {"warp": 3}, "warp: not a key that is modelled"),
    ("scheduler/scheduler_config.json", {"_class_name": "DDIMScheduler"}, "_class_name: got 'DDIM"),
]


@pytest.mark.parametrize(("file", "changes", "problem"), BROKEN)
def test_a_broken_pipeline_is_one_line_that_names_file_and_key(tmp_path, file, changes, problem):
    folder = diffusers(tmp_path, "wan2_2_t2v_a14b")
    change(folder / file, **changes)
    with pytest.raises(ConfigError, match=re.escape(f"{folder / file}: {problem}")):
        load_model_dir(folder)


def test_official_experts_that_differ_are_refused(tmp_path):
    folder = official(tmp_path, "wan2_2_t2v_a14b")
    change(folder / "low_noise_model" / "config.json", num_layers=39)
    with pytest.raises(
        ConfigError, match=r"low_noise_model/config\.json: differs from .*high_noise"
    ):
        load_model_dir(folder)


def test_a_missing_expert_is_named(tmp_path):
    folder = official(tmp_path, "wan2_2_t2v_a14b")
    (folder / "low_noise_model" / "config.json").unlink()
    with pytest.raises(ConfigError, match=r"low_noise_model/config\.json: no such file"):
        load_model_dir(folder)


def test_a_pipeline_of_one_transformer_has_the_5bs_channels(tmp_path):
    folder = diffusers(tmp_path, "wan2_2_ti2v_5b")
    change(folder / "transformer" / "config.json", in_channels=16)
    with pytest.raises(ConfigError, match=r"model_index\.json: expand_timesteps: does not go with"):
        load_model_dir(folder)


def test_experts_go_before_a_file_beside_them(tmp_path):
    folder = official(tmp_path, "wan2_2_i2v_a14b")
    (folder / "config.json").write_text((folder / "high_noise_model" / "config.json").read_text())
    assert load_model_dir(folder).model.name == "wan2_2_i2v_a14b"


@pytest.mark.parametrize("layout", [official, diffusers])
def test_keys_of_the_family_can_be_overridden(tmp_path, layout):
    loaded = load_model_dir(layout(tmp_path, "wan2_2_t2v_a14b"))
    run = configure(loaded, "720p", overrides=["model.boundary=0.5", "workload.sample_shift=12"])
    assert run.model.boundary == 0.5
    assert run.model.name.endswith(" with boundary=0.5")
    assert configure(run, overrides=["boundary=0.9"]).model.boundary == 0.9
    assert configure(loaded.model, overrides=["boundary=0.9"]).model.boundary == 0.9


@pytest.mark.parametrize(
    ("model", "key"), [("t2v-14b", "boundary=0.5"), ("ti2v-5b", "image_dim=5")]
)
def test_a_key_of_another_family_is_refused_by_its_name(model, key):
    name = key.partition("=")[0]
    with pytest.raises(UnknownNameError, match=rf"unknown key of wan2_\w+ 'model\.{name}'; "):
        configure(model, overrides=[key])
